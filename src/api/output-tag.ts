import type { OutputTag } from '../operators/output-tag.js';
import { mistake } from './engine-error.js';

const tagPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Names a side output of records of type `T`: a second stream that a process function puts out beside its main one. Letters, digits, dots,
 * dashes and underscores (OUTPUT_TAG_INVALID). A record for which nobody has called `getSideOutput` is gone.
 *
 * @example
 * ```ts
 * const rejected = outputTag<string>('rejected');
 * const numbers = lines
 *   .process<number>({
 *     processElement: (line, context) => {
 *       if (/^\d+$/.test(line)) context.emit(Number(line));
 *       else context.output(rejected, line);
 *     },
 *   })
 *   .uid('numbers');
 * numbers.getSideOutput(rejected).print('rejected');
 * ```
 */
export function outputTag<T>(name: string): OutputTag<T> {
  if (tagPattern.test(name)) return { name };
  throw mistake(
    'OUTPUT_TAG_INVALID',
    `'${name}' cannot name a side output. Use letters, digits, dots, dashes and underscores, beginning with a letter or digit.`,
  );
}
