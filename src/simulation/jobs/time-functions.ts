import type { BroadcastContext } from '../../operators/broadcast-process.js';
import type {
  KeyedBroadcastProcessFunction,
  OnBroadcastTimerContext,
} from '../../operators/keyed-broadcast-process.js';
import type { KeyedCoProcessFunction } from '../../operators/keyed-co-process.js';
import type {
  KeyedInstance,
  KeyedProcessContext,
  KeyedProcessFunction,
  OnTimerContext,
} from '../../operators/keyed-process.js';
import type { ProcessWindowFunction, WindowContext } from '../../operators/window-functions.js';
import { mapState, valueState } from '../../state/descriptors.js';
import type { MapState, StateDescriptor, ValueState } from '../../state/keyed-state.js';
import type { TimeWindow } from '../../window/window.js';
import { keyText, type SimKey, type SimRecord } from './sim-record.js';
import type { RulesStageSpec, TimersStageSpec } from './time-spec.js';
import { dueAt, echoOf, noTally, plus, resultOf, type Tally, tallyOf, tallyText } from './timed-record.js';

type Context = KeyedProcessContext<SimKey, SimRecord>;
type TimerContext = OnTimerContext<SimKey, SimRecord>;

const slotState = mapState<number, Tally>('slots');
const lastState = valueState<number>('last');

/** Tallies the records of each stretch of time, and puts them out by timers; what is put out says what came before it. */
export class SlotTimers implements KeyedProcessFunction<SimKey, SimRecord, SimRecord> {
  private slots!: MapState<number, Tally>;
  private last!: ValueState<number>;

  constructor(
    private readonly stage: number,
    private readonly spec: Pick<TimersStageSpec, 'grainMs' | 'echoMs' | 'isChained'>,
  ) {}

  open({ state }: KeyedInstance): void {
    this.slots = state(slotState);
    this.last = state(lastState);
  }

  processElement(record: SimRecord, { timestamp, currentKey, timers }: Context): void {
    const { grainMs, echoMs } = this.spec;
    const due = dueAt(timestamp, grainMs);
    this.slots.put(due, plus(this.slots.get(due) ?? noTally, tallyOf(record)));
    timers.setEventTime(due);
    const echo = echoOf(keyText(currentKey), due);
    if (echo === 'setLater') return;
    timers.setEventTime(due + echoMs);
    if (echo === 'deleted') timers.deleteEventTime(due + echoMs);
  }

  onTimer(time: number, context: TimerContext): void {
    const { echoMs } = this.spec;
    const key = keyText(context.currentKey);
    const tally = this.slots.get(time);
    if (tally === undefined) {
      const of = time - echoMs;
      this.put('echo', time, this.slots.get(of) ?? noTally, context);
      this.slots.remove(of);
      return;
    }
    this.put('timer', time, tally, context);
    const echo = echoOf(key, time);
    if (echo === 'setLater') context.timers.setEventTime(time + echoMs);
    if (echo === 'deletedLater') context.timers.deleteEventTime(time + echoMs);
    if (echo === 'deleted' || echo === 'deletedLater') this.slots.remove(time);
  }

  private put(what: string, time: number, tally: Tally, context: TimerContext): void {
    const parts = [keyText(context.currentKey), this.last.value() ?? 'none', time, tallyText(tally)];
    context.emit(resultOf(this.stage, what, parts, tally));
    if (this.spec.isChained) this.last.update(time);
  }
}

/** The same, whichever input a record comes from. */
export function coTimers(
  stage: number,
  spec: TimersStageSpec,
): KeyedCoProcessFunction<SimKey, SimRecord, SimRecord, SimRecord> {
  const timers = new SlotTimers(stage, spec);
  return {
    open: (instance) => timers.open(instance),
    processElement1: (record, context) => timers.processElement(record, context),
    processElement2: (record, context) => timers.processElement(record, context),
    onTimer: (time, context) => timers.onTimer(time, context),
  };
}

export const ruleState: StateDescriptor<'map', Tally, number> = mapState<number, Tally>('rules');

/** Tallies records, and rules, of each stretch of time; what a stretch had is put out when no more of either can come. */
export class Rules implements KeyedBroadcastProcessFunction<SimKey, SimRecord, SimRecord, SimRecord> {
  private slots!: MapState<number, Tally>;

  constructor(
    private readonly stage: number,
    private readonly spec: Pick<RulesStageSpec, 'grainMs'>,
  ) {}

  open({ state }: KeyedInstance): void {
    this.slots = state(slotState);
  }

  processElement(record: SimRecord, { timestamp, timers }: Context): void {
    const due = dueAt(timestamp, this.spec.grainMs);
    this.slots.put(due, plus(this.slots.get(due) ?? noTally, tallyOf(record)));
    timers.setEventTime(due);
  }

  processBroadcastElement(rule: SimRecord, context: BroadcastContext<SimRecord>): void {
    const rules = context.broadcastState(ruleState);
    const due = dueAt(context.timestamp, this.spec.grainMs);
    rules.put(due, plus(rules.get(due) ?? noTally, tallyOf(rule)));
  }

  onTimer(time: number, context: OnBroadcastTimerContext<SimKey, SimRecord>): void {
    const tally = this.slots.get(time) ?? noTally;
    const rules = context.broadcastState(ruleState).get(time) ?? noTally;
    const parts = [keyText(context.currentKey), time, tallyText(tally), tallyText(rules)];
    context.emit(resultOf(this.stage, 'rules', parts, tally));
    this.slots.remove(time);
  }
}

const firedState = valueState<number>('fired');

/**
 * Puts out what a window holds, with which window of its key was the last before it. Of windows that do not merge it also says how often
 * they have fired.
 */
export class WindowTold<T> implements ProcessWindowFunction<SimKey, T, SimRecord, TimeWindow> {
  private last!: ValueState<number>;

  constructor(
    private readonly stage: number,
    private readonly windowsMerge: boolean,
    private readonly isChained: boolean,
    private readonly tallyOfAll: (elements: readonly T[]) => Tally,
  ) {}

  open({ state }: KeyedInstance): void {
    this.last = state(lastState);
  }

  process(elements: readonly T[], context: WindowContext<SimKey, SimRecord, TimeWindow>): void {
    const { start, end } = context.window;
    const tally = this.tallyOfAll(elements);
    const parts = [keyText(context.currentKey), this.last.value() ?? 'none', start, end, tallyText(tally)];
    context.emit(resultOf(this.stage, 'window', [...parts, this.times(context)], tally));
    if (this.isChained) this.last.update(end);
  }

  private times({ windowState }: WindowContext<SimKey, SimRecord, TimeWindow>): number {
    if (this.windowsMerge) return 1;
    const fired = windowState(firedState);
    const times = (fired.value() ?? 0) + 1;
    fired.update(times);
    return times;
  }
}
