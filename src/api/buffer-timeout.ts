import { wholeNumber } from './whole-number.js';

/** A buffer timeout as the job's code gives it; null, where Flink has -1, for none. */
export function checkedBufferTimeout(bufferTimeoutMs: number | null): number | null {
  return bufferTimeoutMs === null ? null : wholeNumber('setBufferTimeout', bufferTimeoutMs, 0);
}
