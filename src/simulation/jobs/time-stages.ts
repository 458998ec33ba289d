import type { DataStream, SingleOutputStream } from '../../api/data-stream.js';
import type { KeyedStream } from '../../api/keyed-stream.js';
import { outputTag } from '../../api/output-tag.js';
import { WatermarkStrategy } from '../../api/watermark-strategy.js';
import type { WindowedStream } from '../../api/windowed-stream.js';
import { sessionEventTimeWindows, slidingEventTimeWindows, tumblingEventTimeWindows } from '../../api/windows.js';
import type { ProcessJoinFunction } from '../../operators/interval-join.js';
import type { ProcessWindowFunction } from '../../operators/window-functions.js';
import type { AggregateFunction } from '../../state/aggregates.js';
import type { WindowAssigner } from '../../window/assigner.js';
import type { TimeWindow } from '../../window/window.js';
import { keyOf, keyText, type SimKey, type SimRecord } from './sim-record.js';
import { coTimers, Rules, ruleState, SlotTimers, WindowTold } from './time-functions.js';
import type {
  IntervalJoinStageSpec,
  LateWindowStageSpec,
  TimeSpec,
  TimeStageSpec,
  WindowShape,
  WindowStageSpec,
} from './time-spec.js';
import {
  asTally,
  eventTimeOf,
  lateResultId,
  noTally,
  pairOf,
  plus,
  type Tally,
  tallied,
  tallyIn,
  tallyOf,
} from './timed-record.js';

export function watermarksOf(time: TimeSpec, splits: number): WatermarkStrategy<SimRecord> {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<SimRecord>(time.boundMs).withTimestampAssigner(
    (record: SimRecord) => eventTimeOf(record, time, splits),
  );
  const idling = time.idleMs === null ? strategy : strategy.withIdleness(time.idleMs);
  if (time.alignment === undefined) return idling;
  const { maxDriftMs, updateIntervalMs } = time.alignment;
  return idling.withAlignment('sources', maxDriftMs, updateIntervalMs);
}

/** What a stage makes of its inputs, `second` being null for one that has one; and what comes out of it beside that. */
export function timeStage(
  stream: DataStream<SimRecord>,
  second: DataStream<SimRecord> | null,
  stage: TimeStageSpec,
  index: number,
): { readonly made: SingleOutputStream<SimRecord>; readonly beside: DataStream<SimRecord> | null } {
  const key = (record: SimRecord): SimKey => keyOf(record, index, stage);
  const first = stream.keyBy(key);
  const alone = (made: SingleOutputStream<SimRecord>) => ({ made, beside: null });
  switch (stage.kind) {
    case 'timers':
      if (second === null) return alone(first.process(new SlotTimers(index, stage)));
      return alone(first.connect(second.keyBy(key)).process(coTimers(index, stage)));
    case 'rules':
      return alone(first.connect(requireSecond(second).broadcast(ruleState)).process(new Rules(index, stage)));
    case 'intervalJoin':
      return alone(intervalJoin(first, requireSecond(second).keyBy(key), stage, index));
    case 'window':
      return alone(windows(first, stage, index));
    case 'lateWindow': {
      const made = lateWindows(first, stage);
      return { made, beside: made.getSideOutput(late) };
    }
  }
}

function requireSecond<T>(second: T | null): T {
  if (second === null) throw new Error('a stage with two inputs has one');
  return second;
}

type Keyed = KeyedStream<SimRecord, SimKey>;

function intervalJoin(
  left: Keyed,
  right: Keyed,
  stage: IntervalJoinStageSpec,
  index: number,
): SingleOutputStream<SimRecord> {
  const between = left.intervalJoin(right).between(stage.lowerMs, stage.upperMs);
  const lower = stage.isLowerExclusive ? between.lowerBoundExclusive() : between;
  const upper = stage.isUpperExclusive ? lower.upperBoundExclusive() : lower;
  const fn: ProcessJoinFunction<SimRecord, SimRecord, SimRecord> = {
    processElement: (one, other, context) => context.emit(pairOf(one, other, index)),
  };
  return upper.process(fn);
}

const aggregated: AggregateFunction<SimRecord, Tally, Tally> = {
  createAccumulator: () => noTally,
  add: (record, tally) => plus(tally, tallyOf(record)),
  getResult: (tally) => tally,
  merge: plus,
};

function windows(
  keyed: Keyed,
  { shape, computation, latenessMs, isChained }: WindowStageSpec,
  index: number,
): SingleOutputStream<SimRecord> {
  const windowed = keyed.window(assignerOf(shape)).allowedLateness(latenessMs);
  const told = <T>(tallyOfAll: (elements: readonly T[]) => Tally) =>
    new WindowTold<T>(index, shape.kind === 'session', isChained, tallyOfAll);
  switch (computation) {
    case 'reduce':
      return windowed.reduce(
        tallied,
        told<SimRecord>(([all]) => tallyIn(all as SimRecord)),
      );
    case 'aggregate':
      return windowed.aggregate(
        aggregated,
        told<Tally>(([all]) => all as Tally),
      );
    case 'process':
      return windowed.process(told<SimRecord>((all) => all.map(tallyOf).reduce(plus, noTally)));
  }
}

/** What goes into a stage, where that is not what comes to it. */
export const beforeWindows = (stage: TimeStageSpec): ((record: SimRecord) => SimRecord) | null =>
  stage.kind === 'window' && stage.computation === 'reduce' ? asTally : null;

const late = outputTag<SimRecord>('late');

const members: AggregateFunction<SimRecord, readonly string[], readonly string[]> = {
  createAccumulator: () => [],
  add: ({ id }, ids) => [...ids, id],
  getResult: (ids) => ids,
  merge: (a, b) => [...a, ...b],
};

function lateWindows(keyed: Keyed, { shape, computation, latenessMs }: LateWindowStageSpec) {
  const windowed: WindowedStream<SimRecord, SimKey, TimeWindow> = keyed
    .window(assignerOf(shape))
    .allowedLateness(latenessMs)
    .sideOutputLateData(late);
  const told = <T>(idsOf: (elements: readonly T[]) => readonly string[]) =>
    ({
      process: (elements, { window: { start, end }, currentKey, emit }) => {
        const id = lateResultId({ key: keyText(currentKey), start, end, members: idsOf(elements) });
        emit({ id, source: -1, split: 0, number: 0, value: 0, folds: [] });
      },
    }) satisfies ProcessWindowFunction<SimKey, T, SimRecord, TimeWindow>;
  if (computation === 'process') return windowed.process(told<SimRecord>((all) => all.map(({ id }) => id)));
  return windowed.aggregate(
    members,
    told<readonly string[]>(([all]) => all as readonly string[]),
  );
}

function assignerOf(shape: WindowShape): WindowAssigner<unknown, TimeWindow> {
  switch (shape.kind) {
    case 'tumbling':
      return tumblingEventTimeWindows(shape);
    case 'sliding':
      return slidingEventTimeWindows(shape);
    case 'session':
      return sessionEventTimeWindows(shape);
  }
}
