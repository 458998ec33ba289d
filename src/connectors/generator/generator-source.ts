import type { Source } from '../../operators/source.js';
import { checkCount, checkPositive } from '../check-options.js';
import { GeneratorReader } from './generator-reader.js';
import { lanesOf } from './lane.js';

const splitsDefault = 4;

export interface GeneratorOptions<T> {
  /** How many records in all; null for a stream without end. */
  readonly count: number | null;
  /** Makes the record of an index. Must be pure: it runs again after a recovery. */
  readonly generate: (index: number) => T;
  /** All readers together; at most, and without a burst after a pause or a restore. As fast as possible when left out. */
  readonly ratePerSecond?: number;
  /** Into how many lanes the indices are dealt, 4 when left out. At least the parallelism, or readers have nothing to do. */
  readonly splits?: number;
  /** Event time of a record. Must not fall as the index grows, or by no more than `outOfOrdernessMs`; a watermark follows right behind it. */
  readonly timestamp?: (value: T, index: number) => number;
  /** How far a timestamp may be below one of a smaller index; so far the watermark stays behind. Default 0. */
  readonly outOfOrdernessMs?: number;
}

/**
 * Makes records from the indices 0, 1, 2, …: the same ones in every run, each once. Lane k of n holds the indices k, k + n, k + 2n, …;
 * a reader takes those of its lanes in order, so that all readers are at about the same event time. A checkpoint holds the next index
 * of each lane.
 * @example generatorSource({ count: 1_000, generate: (index) => ({ id: index }) })
 */
export function generatorSource<T>(options: GeneratorOptions<T>): Source<T> {
  if (options.count !== null) checkCount('generatorSource', 'count', options.count, 0);
  checkCount('generatorSource', 'splits', options.splits, 1);
  checkCount('generatorSource', 'outOfOrdernessMs', options.outOfOrdernessMs, 0);
  checkPositive('generatorSource', 'ratePerSecond', options.ratePerSecond);
  const lanes = options.splits ?? splitsDefault;
  return {
    name: 'generator',
    discover: (_context, done) => done({ ok: true, splits: lanesOf(lanes, options.count) }),
    createReader: (context) => new GeneratorReader(options, Math.ceil(lanes / context.parallelism), context),
  };
}
