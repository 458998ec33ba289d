import type { KeySelector, Output } from '../../operators/operator.js';
import { deepFreeze } from '../../state/deep-freeze.js';
import type { Gauge } from '../gauge.js';
import type { RecordOutput } from '../output/task-output.js';
import { failureOfThrown } from '../task-failure.js';
import { type ChainPart, type FunctionPart, type OperatorPart, saysWhenReady } from './chain-part.js';
import { Pulls } from './pulls.js';
import { type SegmentShape, segmentSource } from './segment-source.js';

/** The stages of a task as one: what comes in at the head leaves through the output, or ends in a sink. */
export interface Chain {
  /**
   * Takes the records from `from` to before `to`; returns the index after the last one taken. It stops after a record with which the
   * gauge stops, or an operator is not ready.
   */
  batch(values: readonly unknown[], timestamps: readonly number[], from: number, to: number): number;
  /** The same for the second input of the first operator; null when it has one. */
  readonly secondBatch: Chain['batch'] | null;
  watermark(timestamp: number): void;
  /** Goes on with pulled iterables and with operators that hold; false while one has to wait. */
  resume(): boolean;
  /** The operator that is the `index`-th part holds. */
  hold(index: number): void;
  /** Whether every operator takes records. Asked from the last to the first, so that one that goes on with its own work finds room. */
  ready(): boolean;
  /** The same of the operators behind the `index`-th part. */
  readyBehind(index: number): boolean;
  /** Where the operator that is the `index`-th part puts what it makes. */
  outputOf(index: number): Output<unknown>;
  close(): void;
}

export interface ChainEnd {
  readonly records: RecordOutput;
  watermark(timestamp: number): void;
  idle(isIdle: boolean): void;
  /** Where the side outputs of an operator go; null when nobody takes any. */
  sidesOf(uid: string): SideEnd | null;
}

export interface SideEnd {
  emit(tag: string, value: unknown, timestamp: number): void;
  watermark(timestamp: number): void;
  idle(isIdle: boolean): void;
}

interface Segment {
  readonly emit: (value: unknown, timestamp: number) => void;
  readonly batch: Chain['batch'];
  readonly secondBatch: Chain['secondBatch'];
  readonly watermark: (timestamp: number) => void;
  readonly pulls: Pulls | null;
  /** Its target; null for the end of the chain. */
  readonly operator: OperatorPart | null;
  /** Index of its target among the parts; past the last one for the end of the chain. */
  readonly target: number;
}

/**
 * Compiles the parts of a task: each run of functions becomes one generated function, and operators are called between them. What user
 * code throws comes out as a TaskFailure that names the operator.
 */
export function compileChain(parts: readonly ChainPart[], end: ChainEnd, gauge: Gauge, development: boolean): Chain {
  const watched = parts.map((part) => (part.kind === 'operator' && saysWhenReady(part.operator) ? part : null));
  const readyFrom = (first: number): boolean => {
    for (let index = watched.length - 1; index >= first; index--) {
      const part = watched[index];
      if (part != null && !asked(part)) return false;
    }
    return true;
  };
  const segments: Segment[] = [];
  const pausedBehind = (segment: number): boolean =>
    segments.some(({ pulls, operator }, at) => at > segment && (pulls?.holds === true || operator?.held === true));

  const compile = (at: number, first: number): Segment => {
    const functions: FunctionPart[] = [];
    let target = first;
    for (; target < parts.length; target++) {
      const part = parts[target] as ChainPart;
      if (part.kind === 'operator') break;
      functions.push(part);
    }
    const operator = (parts[target] ?? null) as OperatorPart | null;
    const culprits = [...functions, ...(operator === null ? [] : [operator])].map(({ culprit }) => culprit);
    const fail = (error: unknown, position: number): never => {
      throw failureOfThrown(
        culprits[position] ?? { uid: '', name: 'the end of the chain' },
        'processing a record',
        error,
      );
    };
    const watermark = (timestamp: number): void => {
      if (operator === null) end.watermark(timestamp);
      else advance(operator, timestamp);
    };
    const owner = {
      mayGoOn: () => !gauge.blocked && operator?.held !== true && !pausedBehind(at) && readyFrom(target),
      fail,
      emit: (value: unknown, timestamp: number): void => generated.emit(value, timestamp),
      watermark,
    };
    const pulls = functions.some(({ kind }) => kind === 'flatMap') ? new Pulls(gauge, owner) : null;
    const generate = (entry: object, select: KeySelector | null): Pick<Segment, 'emit' | 'batch'> => {
      const source = segmentSource({
        functions: functions.map(({ kind }) => kind),
        target: operator === null ? 'output' : entryKind(operator, select),
        freezes: development,
        asksReady: watched.some((part) => part !== null),
      });
      return instantiate(source, {
        functions: functions.map(({ fn }) => fn),
        target: entry,
        select,
        state: operator?.keyed?.state ?? null,
        gauge,
        pulls,
        freeze: deepFreeze,
        fail,
        ready: () => readyFrom(0),
      });
    };
    const generated = generate(operator === null ? end.records : operator.operator, operator?.keyed?.select ?? null);
    const second = operator?.second ?? null;
    return {
      ...generated,
      secondBatch: second === null ? null : generate(second, second.select).batch,
      pulls,
      operator,
      target,
      watermark:
        pulls === null
          ? watermark
          : (timestamp) => (pulls.holds ? pulls.waitWatermark(timestamp) : watermark(timestamp)),
    };
  };
  for (let first = 0; first <= parts.length; ) {
    const segment = compile(segments.length, first);
    segments.push(segment);
    first = segment.target + 1;
  }

  const head = segments[0] as Segment;
  return {
    batch: head.batch,
    secondBatch: head.secondBatch,
    watermark: head.watermark,
    resume: () =>
      segments.reduceRight(
        (resumed, { pulls, operator }) =>
          resumed && (operator?.held !== true || goesOn(operator, gauge)) && (pulls?.holds !== true || pulls.resume()),
        true,
      ),
    hold: (index) => {
      const part = parts[index] as OperatorPart;
      if (part.held) return;
      part.held = true;
      gauge.segmentPaused(true);
    },
    ready: () => readyFrom(0),
    readyBehind: (index) => readyFrom(index + 1),
    outputOf: (index) => {
      const at = segments.findIndex(({ target }) => target === index);
      const { emit, watermark } = segments[at + 1] as Segment;
      const [own, ...behind] = parts.slice(index).map(({ culprit }) => end.sidesOf(culprit.uid));
      const blocked = (): boolean => gauge.blocked || pausedBehind(at);
      const sides = [own, ...behind].filter((side) => side != null);
      const idle = (isIdle: boolean): void => {
        end.idle(isIdle);
        for (const side of sides) side.idle(isIdle);
      };
      if (own == null) return { emit, side: intoNothing, watermark, idle, blocked };
      return {
        emit,
        side: (tag, value, timestamp) => own.emit(tag, development ? deepFreeze(value) : value, timestamp),
        watermark: (timestamp) => {
          own.watermark(timestamp);
          watermark(timestamp);
        },
        idle,
        blocked,
      };
    },
    close: () => {
      for (const { pulls } of segments) pulls?.close();
    },
  };
}

function entryKind({ keyed }: OperatorPart, select: KeySelector | null): SegmentShape['target'] {
  if (keyed === null) return 'operator';
  return select === null ? 'keylessInput' : 'keyedOperator';
}

const intoNothing: Output<unknown>['side'] = () => undefined;

/** The only place that turns text into code: the text is made of the shapes of stages alone, and of nothing a user wrote. */
function instantiate(source: string, env: Readonly<Record<string, unknown>>): Pick<Segment, 'emit' | 'batch'> {
  return new Function('env', source)(env) as Pick<Segment, 'emit' | 'batch'>;
}

function advance({ culprit, operator, keyed }: OperatorPart, timestamp: number): void {
  try {
    if (keyed !== null) {
      keyed.watermark = Math.max(keyed.watermark, timestamp);
      // A state handle would otherwise silently speak of whichever key came last.
      keyed.state.clearCurrentKey();
      keyed.state.currentWatermark(timestamp);
    }
    operator.watermark(timestamp);
  } catch (error) {
    throw failureOfThrown(culprit, 'advancing its watermark', error);
  }
}

/** Lets an operator go on that holds. While it does nothing holds it up, so that its output is not taken for blocked by itself. */
function goesOn(part: OperatorPart, gauge: Gauge): boolean {
  part.held = false;
  gauge.segmentPaused(false);
  try {
    if (part.operator.resume()) return true;
  } catch (error) {
    throw failureOfThrown(part.culprit, 'going on', error);
  }
  part.held = true;
  gauge.segmentPaused(true);
  return false;
}

function asked({ culprit, operator }: OperatorPart): boolean {
  try {
    return operator.ready();
  } catch (error) {
    throw failureOfThrown(culprit, 'saying whether it is ready', error);
  }
}
