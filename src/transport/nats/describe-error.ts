/** The reason as people read it. The client wraps what the operating system says, which is the more exact. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = systemCode(error.cause) || systemCode(error);
  return code === '' || error.message.includes(code) ? error.message : `${error.message}, ${code}`;
}

function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
