import type { Random } from '../random.js';
import type { KeyedBy } from './job-spec.js';
import type { AlignmentSpec } from './operator-state-spec.js';

/** How the records of a job get event time: the same for all of its sources. Grain and disorder are such that `boundMs` is the exact bound. */
export interface TimeSpec {
  /** May be before 1970. */
  readonly startMs: number;
  /** From one record of a source to the next. */
  readonly stepMs: number;
  /** Times are so far apart, so that many are equal and many are the edge of something. */
  readonly grainMs: number;
  /** A record's time is up to so much below that of its place. */
  readonly disorderMs: number;
  /** What watermarks allow for; less than the disorder only where late records are looked at. */
  readonly boundMs: number;
  readonly intervalMs: number;
  /** When a source without records falls idle. Only where late records are looked at. */
  readonly idleMs: number | null;
  /** Absent: sources do not wait for each other, nor splits of one. */
  readonly alignment?: AlignmentSpec;
}

export type WindowShape =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

/** Timers of a key at multiples of `grainMs`, and echoes of them `echoMs` later, some of which are taken back. */
export interface TimersStageSpec extends KeyedBy {
  readonly kind: 'timers';
  readonly grainMs: number;
  /** Less than the grain, so that no echo is at the time of another timer. */
  readonly echoMs: number;
  readonly inputs: 1 | 2;
  /** Results say what came before them, for which a key keeps state for ever; else it is forgotten when nothing of it is due. */
  readonly isChained: boolean;
}

/** Whether a stage gets its records by two inputs. */
export const isDivided = (stage: TimeStageSpec): boolean =>
  stage.kind === 'rules' || stage.kind === 'intervalJoin' || (stage.kind === 'timers' && stage.inputs === 2);

/** One result for each window of a key. */
export interface WindowStageSpec extends KeyedBy {
  readonly kind: 'window';
  readonly shape: WindowShape;
  /** Sliding windows that aggregate or reduce are kept by panes. */
  readonly computation: 'reduce' | 'aggregate' | 'process';
  readonly latenessMs: number;
  readonly isChained: boolean;
}

/** Windows whose records may be late, which then go on beside the results. Only as the last stage but a farewell. */
export interface LateWindowStageSpec extends KeyedBy {
  readonly kind: 'lateWindow';
  readonly shape: Exclude<WindowShape, { readonly kind: 'session' }>;
  readonly computation: 'aggregate' | 'process';
  readonly latenessMs: number;
}

/** About half of the records, or all of the second of two sources, are rules, which every subtask gets; the others meet those of their stretch of time when it has passed. */
export interface RulesStageSpec extends KeyedBy {
  readonly kind: 'rules';
  readonly grainMs: number;
}

/** About half of the records are the right side, or all of the second of two sources. */
export interface IntervalJoinStageSpec extends KeyedBy {
  readonly kind: 'intervalJoin';
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly isLowerExclusive: boolean;
  readonly isUpperExclusive: boolean;
}

export type TimeStageSpec =
  | TimersStageSpec
  | WindowStageSpec
  | LateWindowStageSpec
  | RulesStageSpec
  | IntervalJoinStageSpec;

const timeKinds: ReadonlySet<string> = new Set<TimeStageSpec['kind']>([
  'timers',
  'window',
  'lateWindow',
  'rules',
  'intervalJoin',
]);

export const isTimeStage = (stage: { readonly kind: string }): stage is TimeStageSpec => timeKinds.has(stage.kind);

export function drawTime(random: Random, late: boolean): TimeSpec {
  const grainMs = random.pick([1, 5, 10]);
  const disorderMs = grainMs * random.integer(late ? 60 / grainMs : 0, (late ? 200 : 40) / grainMs);
  return {
    startMs: random.chance(0.5) ? random.integer(-300, 100) : 10 * random.integer(-30, 10),
    stepMs: late ? random.integer(5, 10) : random.integer(3, 8),
    grainMs,
    disorderMs,
    boundMs: late ? grainMs * Math.floor(disorderMs / grainMs / random.integer(4, 12)) : disorderMs,
    intervalMs: late ? random.pick([10, 20, 40, 80, 200]) : random.integer(30, 120),
    idleMs: late && random.chance(0.4) ? random.integer(80, 400) : null,
  };
}

/** Of the first stages that know event time, in so many records may be late. */
const lateShare = 0.3;

export function drawFirstTimeStage(random: Random, keyedBy: KeyedBy): TimeStageSpec {
  if (!random.chance(lateShare)) return drawTimeStage(random, keyedBy);
  const shape = random.pick([tumbling, sliding])(random, 5);
  const computation = random.pick(['aggregate', 'process'] as const);
  const latenessMs = random.chance(0.5) ? 5 * random.integer(1, 4) : 0;
  // With a key group for each key, one that has no windows left has nothing that says how far event time was.
  const maxParallelism = random.chance(0.8) ? 128 : keyedBy.maxParallelism;
  return { kind: 'lateWindow', ...keyedBy, maxParallelism, shape, computation, latenessMs };
}

export function drawTimeStage(random: Random, keyedBy: KeyedBy): Exclude<TimeStageSpec, LateWindowStageSpec> {
  const kind = random.pick([
    ...(['timers', 'timers', 'timers', 'timers', 'window', 'window', 'window', 'window', 'window'] as const),
    ...(['rules', 'rules', 'rules', 'intervalJoin', 'intervalJoin', 'intervalJoin'] as const),
  ]);
  const isChained = keyedBy.keys % 2 === 1;
  // Many keys to a key group, which come and go: what is forgotten since the last checkpoint is part of the next one.
  const many = { ...keyedBy, keys: keyedBy.keys * 4, maxParallelism: Math.min(keyedBy.maxParallelism, 4) };
  const keys = isChained ? keyedBy : many;
  switch (kind) {
    case 'timers': {
      const grainMs = stretch(random);
      const inputs = random.chance(0.4) ? 2 : 1;
      return { kind, ...keys, grainMs, echoMs: random.integer(1, grainMs - 1), inputs, isChained };
    }
    case 'window': {
      const shape = random.pick([tumbling, sliding, sliding, session, session])(random);
      const computation = random.pick(['reduce', 'aggregate', 'process'] as const);
      return {
        kind,
        ...keys,
        shape,
        computation,
        latenessMs: random.chance(0.3) ? random.integer(1, 40) : 0,
        isChained,
      };
    }
    case 'rules':
      return { kind, ...keys, grainMs: stretch(random) };
    case 'intervalJoin': {
      const lowerMs = random.integer(-40, 10);
      const upperMs = lowerMs + random.integer(5, 50);
      const [isLowerExclusive, isUpperExclusive] = [random.chance(0.3), random.chance(0.3)];
      return { kind, ...keyedBy, lowerMs, upperMs, isLowerExclusive, isUpperExclusive };
    }
  }
}

/** Half of them such that times of a grain fall on their ends. */
const stretch = (random: Random): number => (random.chance(0.5) ? 10 * random.integer(1, 4) : random.integer(6, 40));

/** In steps of `unitMs`. */
function tumbling(random: Random, unitMs = 1): LateWindowStageSpec['shape'] {
  const sizeMs = unitMs * random.integer(Math.ceil(5 / unitMs), 30 / unitMs);
  return { kind: 'tumbling', sizeMs, offsetMs: offset(random, sizeMs, unitMs) };
}

/** At most four windows a record. */
function sliding(random: Random, unitMs = 1): LateWindowStageSpec['shape'] {
  const slideMs = unitMs * random.integer(Math.ceil(6 / unitMs), 30 / unitMs);
  const sizeMs = unitMs * random.integer(slideMs / unitMs, (slideMs * 4) / unitMs);
  return { kind: 'sliding', sizeMs, slideMs, offsetMs: offset(random, slideMs, unitMs) };
}

/**
 * A session ends with the watermark that its last moment reaches, while a record of the next moment, which is not late, would still have touched
 * it: what comes of such a record depends on the schedule. So no two records, whose times are whole milliseconds, are exactly a gap apart (seed 200687).
 */
const session = (random: Random): WindowShape => ({ kind: 'session', gapMs: random.integer(2, 30) + 0.5 });

const offset = (random: Random, stepMs: number, unitMs: number): number =>
  random.chance(0.5) ? 0 : unitMs * random.integer(1 - stepMs / unitMs, stepMs / unitMs - 1);
