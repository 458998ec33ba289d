import { inspect } from 'node:util';
import { noTimestamp } from '../../operators/operator.js';
import type { Played } from './play.js';
import type { Taken } from './taken-output.js';

export interface ComparisonSetting {
  /** Each step for itself, or all that came out together. */
  readonly byStep: boolean;
  /** Records of equal key must come in the same order; null where order does not count. */
  readonly keyOf: ((value: never) => unknown) | null;
}

export interface Difference {
  /** Null: over all steps. */
  readonly step: number | null;
  readonly what: string;
}

const shownMax = 5;

/** Values, written so that equal ones are equal texts. */
export const textOf = (value: unknown): string =>
  inspect(withPrototypes(value), {
    sorted: true,
    depth: null,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: null,
    maxStringLength: null,
  });

/** Objects without a prototype hold what they hold: over a channel they come out as any other. */
function withPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPrototypes);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withPrototypes(field)]));
}

/** The first way in which a disturbed run differs from the undisturbed one; null when it does not. */
export function differenceOf(undisturbed: Played, disturbed: Played, setting: ComparisonSetting): Difference | null {
  const sides = setting.byStep
    ? undisturbed.steps.map((steps, step) => ({ step, one: steps, other: disturbed.steps[step] ?? [] }))
    : [{ step: null, one: undisturbed.steps.flat(), other: disturbed.steps.flat() }];
  for (const { step, one, other } of sides) {
    const what = differenceOfSets(one, other) ?? differenceOfOrder(one, other, setting.keyOf);
    if (what !== null) return { step, what };
  }
  if (undisturbed.lateRecordsDropped === disturbed.lateRecordsDropped) return null;
  const what = `${disturbed.lateRecordsDropped} late records were dropped and not ${undisturbed.lateRecordsDropped}`;
  return { step: null, what };
}

function differenceOfSets(one: readonly Taken[], other: readonly Taken[]): string | null {
  const missing = without(one.map(takenText), other.map(takenText));
  const surplus = without(other.map(takenText), one.map(takenText));
  if (missing.length === 0 && surplus.length === 0) return null;
  return [
    ...(missing.length === 0 ? [] : [`it did not put out ${shown(missing)}`]),
    ...(surplus.length === 0 ? [] : [`it put out ${shown(surplus)}`]),
  ].join(', and ');
}

function differenceOfOrder(
  one: readonly Taken[],
  other: readonly Taken[],
  keyOf: ComparisonSetting['keyOf'],
): string | null {
  if (keyOf === null) return null;
  const [expected, found] = [byKey(one, keyOf), byKey(other, keyOf)];
  for (const [key, texts] of expected) {
    const order = found.get(key) ?? [];
    const at = texts.findIndex((text, index) => text !== order[index]);
    if (at >= 0) return `of key ${key} it put out ${order[at]} where ${texts[at]} comes`;
  }
  return null;
}

function byKey(taken: readonly Taken[], keyOf: (value: never) => unknown): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const each of taken) {
    if (each.tag !== null) continue;
    const key = textOf(keyOf(each.value as never));
    keys.set(key, [...(keys.get(key) ?? []), takenText(each)]);
  }
  return keys;
}

/** What of `some` is not in `others`, as often as it is more. */
function without(some: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1);
  return some.filter((text) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
}

/** A record as messages show it. */
export const recordText = (value: unknown, timestamp: number): string =>
  `${textOf(value)} ${timestamp === noTimestamp ? 'without a timestamp' : `at ${timestamp}`}`;

const takenText = ({ tag, value, timestamp }: Taken): string =>
  `${recordText(value, timestamp)}${tag === null ? '' : ` in side output '${tag}'`}`;

const shown = (texts: readonly string[]): string =>
  texts.slice(0, shownMax).join('; ') + (texts.length > shownMax ? `; and ${texts.length - shownMax} more` : '');
