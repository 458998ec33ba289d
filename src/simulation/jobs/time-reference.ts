import { keyOf, keyText, type SimRecord } from './sim-record.js';
import type {
  IntervalJoinStageSpec,
  RulesStageSpec,
  TimersStageSpec,
  TimeStageSpec,
  WindowShape,
  WindowStageSpec,
} from './time-spec.js';
import { dueAt, echoOf, noTally, pairOf, plus, resultOf, type Tally, tallyOf, tallyText } from './timed-record.js';

/** A record and its event time. */
export interface Timed {
  readonly record: SimRecord;
  readonly at: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a stage makes of all its input, when none of it is late: plain loops over sorted records. */
export function afterTimeStage(
  stage: TimeStageSpec,
  index: number,
  input: readonly Timed[],
  isFirst: (record: SimRecord) => boolean,
): readonly Timed[] {
  switch (stage.kind) {
    case 'timers':
      return [...byKey(stage, index, input)].flatMap(([key, records]) => timersOf(stage, index, key, records));
    case 'window':
      return [...byKey(stage, index, input)].flatMap(([key, records]) => windowsOf(stage, index, key, records));
    case 'rules':
      return rulesOf(stage, index, input, isFirst);
    case 'intervalJoin':
      return [...byKey(stage, index, input).values()].flatMap((records) => pairsOf(stage, index, records, isFirst));
    case 'lateWindow':
      throw new Error('what late records come to depends on the schedule');
  }
}

function byKey(stage: TimeStageSpec, index: number, input: readonly Timed[]): ReadonlyMap<string, readonly Timed[]> {
  const keys = new Map<string, Timed[]>();
  for (const timed of input) add(keys, keyText(keyOf(timed.record, index, stage)), timed);
  return keys;
}

function add<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

const tallyOfAll = (records: readonly Timed[]): Tally =>
  records.map(({ record }) => tallyOf(record)).reduce(plus, noTally);

/** The records of each stretch of time, by when it is over. */
function stretches(grainMs: number, records: readonly Timed[]): ReadonlyMap<number, Tally> {
  const lists = new Map<number, Timed[]>();
  for (const timed of records) add(lists, dueAt(timed.at, grainMs), timed);
  return new Map([...lists].map(([due, list]) => [due, tallyOfAll(list)]));
}

function timersOf(
  { grainMs, echoMs, isChained }: TimersStageSpec,
  index: number,
  key: string,
  records: readonly Timed[],
): readonly Timed[] {
  const timers: { readonly at: number; readonly what: string; readonly tally: Tally }[] = [];
  for (const [due, tally] of stretches(grainMs, records)) {
    timers.push({ at: due, what: 'timer', tally });
    if (echoOf(key, due).startsWith('set')) timers.push({ at: due + echoMs, what: 'echo', tally });
  }
  timers.sort((a, b) => a.at - b.at);
  return timers.map(({ at, what, tally }, place) => {
    const before = (isChained ? timers[place - 1]?.at : null) ?? 'none';
    return { at, record: resultOf(index, what, [key, before, at, tallyText(tally)], tally) };
  });
}

function rulesOf(
  stage: RulesStageSpec,
  index: number,
  input: readonly Timed[],
  isFirst: (record: SimRecord) => boolean,
): readonly Timed[] {
  const rules = stretches(
    stage.grainMs,
    input.filter(({ record }) => !isFirst(record)),
  );
  const records = input.filter(({ record }) => isFirst(record));
  return [...byKey(stage, index, records)].flatMap(([key, ofKey]) =>
    [...stretches(stage.grainMs, ofKey)].map(([at, tally]) => {
      const parts = [key, at, tallyText(tally), tallyText(rules.get(at) ?? noTally)];
      return { at, record: resultOf(index, 'rules', parts, tally) };
    }),
  );
}

function pairsOf(
  stage: IntervalJoinStageSpec,
  index: number,
  records: readonly Timed[],
  isFirst: (record: SimRecord) => boolean,
): readonly Timed[] {
  const { lowerMs, upperMs, isLowerExclusive, isUpperExclusive } = stage;
  const pairs: Timed[] = [];
  for (const left of records.filter(({ record }) => isFirst(record))) {
    for (const right of records.filter(({ record }) => !isFirst(record))) {
      const distance = right.at - left.at;
      if (distance < lowerMs || (isLowerExclusive && distance === lowerMs)) continue;
      if (distance > upperMs || (isUpperExclusive && distance === upperMs)) continue;
      pairs.push({ at: Math.max(left.at, right.at), record: pairOf(left.record, right.record, index) });
    }
  }
  return pairs;
}

function windowsOf(stage: WindowStageSpec, index: number, key: string, records: readonly Timed[]): readonly Timed[] {
  const windows = new Map<string, { readonly span: Span; readonly records: Timed[] }>();
  const sessions = stage.shape.kind === 'session' ? sessionsOf(stage.shape.gapMs, records) : [];
  for (const timed of records) {
    const spans =
      stage.shape.kind === 'session'
        ? sessions.filter(({ start, end }) => start <= timed.at && timed.at < end)
        : spansOf(stage.shape, timed.at);
    for (const span of spans) {
      const name = `${span.start}-${span.end}`;
      const window = windows.get(name) ?? { span, records: [] };
      window.records.push(timed);
      windows.set(name, window);
    }
  }
  const inOrder = [...windows.values()].sort((a, b) => a.span.end - b.span.end);
  return inOrder.map(({ span: { start, end }, records: held }, place) => {
    const tally = tallyOfAll(held);
    const before = (stage.isChained ? inOrder[place - 1]?.span.end : null) ?? 'none';
    const record = resultOf(index, 'window', [key, before, start, end, tallyText(tally), 1], tally);
    return { at: Math.ceil(end) - 1, record };
  });
}

/** The windows that a time is in, the earliest first. */
export function spansOf(shape: Exclude<WindowShape, { readonly kind: 'session' }>, at: number): readonly Span[] {
  const stepMs = shape.kind === 'tumbling' ? shape.sizeMs : shape.slideMs;
  const spans: Span[] = [];
  for (let n = Math.floor((at - shape.offsetMs) / stepMs); ; n -= 1) {
    const start = shape.offsetMs + n * stepMs + 0;
    if (start + shape.sizeMs <= at) return spans.reverse();
    spans.push({ start, end: start + shape.sizeMs });
  }
}

/** Records follow each other by no more than the gap, the gap itself included. */
function sessionsOf(gapMs: number, records: readonly Timed[]): readonly Span[] {
  const sessions: { start: number; end: number }[] = [];
  for (const at of records.map((timed) => timed.at).sort((a, b) => a - b)) {
    const last = sessions.at(-1);
    if (last !== undefined && at <= last.end) last.end = at + gapMs;
    else sessions.push({ start: at, end: at + gapMs });
  }
  return sessions;
}
