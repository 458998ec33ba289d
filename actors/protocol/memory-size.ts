/** Managed memory of a slot, where nothing else is said. */
export const defaultSlotMemoryBytes = 268_435_456;
/** Less than this is no use to any job. */
export const slotMemoryBytesMin = 4_194_304;

const units = ['GB', 'MB', 'KB'] as const;
const sizes: Readonly<Record<(typeof units)[number], number>> = { GB: 1_024 ** 3, MB: 1_024 ** 2, KB: 1_024 };

/** `256MB`, as sizes are written on the command line; in the largest unit that is whole, else with one digit. */
export function bytesText(bytes: number): string {
  const whole = units.find((unit) => bytes >= sizes[unit] && bytes % sizes[unit] === 0);
  if (whole !== undefined) return `${bytes / sizes[whole]}${whole}`;
  const rough = units.find((unit) => bytes >= sizes[unit]);
  return rough === undefined ? `${bytes} bytes` : `${(bytes / sizes[rough]).toFixed(1)}${rough}`;
}

/** Null for what is no size: `256MB`, `1GB`, `64KB`. */
export function bytesOf(text: string): number | null {
  const [, digits, unit] = /^([0-9]+)(KB|MB|GB)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (sizes[unit?.toUpperCase() as keyof typeof sizes] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
