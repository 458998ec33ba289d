/** `EACCES`, `ENOSPC` and so on; an empty string for what is no error of the operating system. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The reason as people read it, without the path: `permission denied (EACCES)`. */
export function systemReason(error: unknown): string {
  const code = systemCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const words = /^[A-Z0-9_]+: ([^,]+)/.exec(message)?.[1];
  return words === undefined || code === '' ? message : `${words} (${code})`;
}

/** What the operating system gives as reason when this process may not write there, now or after a restart. */
export const unwritableCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
/** No room, which may change. */
export const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
