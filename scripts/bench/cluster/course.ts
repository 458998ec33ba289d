import { median } from '../quantile.js';

/** How an amount of memory went over time, from samples of equal distance. */
export interface Course {
  readonly what: string;
  readonly secondQuarterBytes: number;
  readonly lastQuarterBytes: number;
  /** Of the line through all samples of the second half and the quarter before it that fits best. */
  readonly slopeBytesPerMinute: number;
  /** The last quarter is within a tenth of the second; the first is for warming up. */
  readonly isFlat: boolean;
}

const toleratedPart = 0.1;
const samplesPerMinute = 60;

/** `toleratedBytes` counts where it is more than a tenth. */
export function courseOf(what: string, bytes: readonly number[], toleratedBytes = 0): Course {
  const quarter = Math.floor(bytes.length / 4);
  if (quarter === 0) throw new Error(`${what}: ${bytes.length} samples are too few`);
  const secondQuarterBytes = median(bytes.slice(quarter, 2 * quarter));
  const lastQuarterBytes = median(bytes.slice(-quarter));
  const growthMax = Math.max(secondQuarterBytes * toleratedPart, toleratedBytes);
  return {
    what,
    secondQuarterBytes,
    lastQuarterBytes,
    slopeBytesPerMinute: Math.round(slope(bytes.slice(quarter)) * samplesPerMinute),
    isFlat: lastQuarterBytes - secondQuarterBytes <= growthMax,
  };
}

/** By least squares, from one sample to the next. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [at, value] of values.entries()) {
    above += (at - middle) * (value - mean);
    below += (at - middle) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
