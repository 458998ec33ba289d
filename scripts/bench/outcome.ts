/** What one benchmark found. */
export interface Outcome {
  readonly name: string;
  /** For people. */
  readonly lines: readonly string[];
  /** For programs: plain data. */
  readonly measured: Readonly<Record<string, unknown>>;
  /** What was wanted and not reached, a sentence each. */
  readonly misses: readonly string[];
}

/** `1.5 M/s` */
export const million = (perSecond: number): string => `${(perSecond / 1_000_000).toFixed(2)} M/s`;
