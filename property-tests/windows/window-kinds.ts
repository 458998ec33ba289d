import fc from 'fast-check';
import {
  countEvictor,
  countTrigger,
  type DataStream,
  deltaEvictor,
  deltaTrigger,
  type Evictor,
  endOfStreamTrigger,
  globalWindows,
  maxWatermark,
  neverTrigger,
  purgingTrigger,
  sessionEventTimeWindows,
  slidingEventTimeWindows,
  timeEvictor,
  tumblingEventTimeWindows,
  type Window,
  type WindowAssigner,
  type WindowedStream,
} from '../../src/index.js';
import { numbersOf, type Result, type Row, type Shape } from './naive-windows.js';

type Windowed = WindowedStream<Row, unknown, Window>;
type Build = (rows: DataStream<Row>) => DataStream<Result>;

/** One kind of windows, as a pipeline and as plain loops over records in the order in which they come. */
export interface WindowKind {
  readonly text: string;
  readonly build: Build;
  /** The windows of one key with the records in each, in the order of arrival, after eviction. */
  readonly windows: (rows: readonly Row[]) => readonly (readonly [rows: readonly Row[], maxTimestamp: number])[];
  /** One for all records, whatever their key. */
  readonly isOfAll: boolean;
  /** Null for windows that do not end by time. */
  readonly shape: Shape | null;
}

/** What is made of the records of a window: the same by every way that leads there. */
interface Computation {
  readonly text: string;
  readonly of: (windowed: Windowed) => DataStream<Result>;
}

const resultOf = (rows: readonly Row[], maxTimestamp: number): Result => [
  rows[0]?.key ?? '',
  numbersOf(rows),
  maxTimestamp,
];

const listed = (merges: boolean) => ({
  createAccumulator: (): readonly Row[] => [],
  add: (row: Row, rows: readonly Row[]): readonly Row[] => [...rows, row],
  getResult: (rows: readonly Row[]): readonly Row[] => rows,
  ...(merges ? { merge: (a: readonly Row[], b: readonly Row[]) => [...a, ...b] } : {}),
});

const computations: readonly Computation[] = [
  {
    text: 'process',
    of: (windowed) =>
      windowed.process<Result>({
        process: (rows, { emit, window }) => emit(resultOf(rows, window.maxTimestamp)),
      }),
  },
  {
    text: 'aggregate',
    of: (windowed) =>
      windowed.aggregate<readonly Row[], readonly Row[], Result>(listed(true), {
        process: ([rows = []], { emit, window }) => emit(resultOf(rows, window.maxTimestamp)),
      }),
  },
];

/** Cannot be computed by panes, and not by sessions. */
const withoutMerge: Computation = {
  text: 'aggregate without merge',
  of: (windowed) =>
    windowed.aggregate<readonly Row[], readonly Row[], Result>(listed(false), {
      process: ([rows = []], { emit, window }) => emit(resultOf(rows, window.maxTimestamp)),
    }),
};

/** Adds the numbers up: what it gives does not depend on the order in which rows are combined. */
const reduced: Computation = {
  text: 'reduce',
  of: (windowed) =>
    windowed.reduce<Result>((a, b) => ({ key: a.key, t: Math.max(a.t, b.t), n: a.n + b.n }), {
      process: ([row], { emit, window }) => emit([row?.key ?? '', String(row?.n), window.maxTimestamp]),
    }),
};

interface Eviction {
  readonly text: string;
  readonly evictor: Evictor<Row, Window> | null;
  readonly keeps: (rows: readonly Row[]) => readonly Row[];
}

const evictions = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Eviction>({ text: '', evictor: null, keeps: (rows) => rows }) },
  fc.integer({ min: 1, max: 4 }).map(
    (count): Eviction => ({
      text: `count evictor ${count}`,
      evictor: countEvictor(count),
      keeps: (rows) => rows.slice(-count),
    }),
  ),
  fc.integer({ min: 1, max: 15 }).map(
    (sizeMs): Eviction => ({
      text: `time evictor ${sizeMs}`,
      evictor: timeEvictor(sizeMs),
      keeps: (rows) => {
        const greatest = Math.max(...rows.map(({ t }) => t));
        return rows.filter(({ t }) => t > greatest - sizeMs);
      },
    }),
  ),
  fc.integer({ min: 1, max: 5 }).map(
    (threshold): Eviction => ({
      text: `delta evictor ${threshold}`,
      evictor: deltaEvictor<Row>({ threshold, delta: (from, to) => Math.abs(from.n - to.n) }),
      keeps: (rows) => rows.filter(({ n }) => Math.abs(n - (rows.at(-1)?.n ?? n)) < threshold),
    }),
  ),
);

/** Windows that end by event time: for all of them order of arrival counts only as far as an evictor looks at it. */
export const timeKinds: fc.Arbitrary<WindowKind> = fc
  .tuple(shapes(), evictions, fc.boolean(), fc.constantFrom(...computations, reduced, withoutMerge))
  .filter(([shape, { evictor }, , computation]) => {
    return computation !== withoutMerge || shape.kind === 'fixed' || evictor !== null;
  })
  // Sessions that become one put the records of the one behind those of the other: which came last cannot be told from outside.
  .filter(([shape, { text }]) => shape.kind === 'fixed' || text === '' || text.startsWith('time'))
  .map(([shape, { text, evictor, keeps }, isOfAll, computation]): WindowKind => {
    const assigner = assignerOf(shape) as WindowAssigner<unknown, Window>;
    return {
      text: [shapeText(shape), text, computation.text, isOfAll ? 'of all' : '']
        .filter((each) => each !== '')
        .join(', '),
      build: (rows) => {
        const windowed = (
          isOfAll
            ? rows.map((row) => ({ ...row, key: 'all' })).windowAll(assigner)
            : rows.keyBy(({ key }) => key).window(assigner)
        ) as Windowed;
        return computation.of(evictor === null ? windowed : windowed.evictor(evictor as Evictor<unknown, Window>));
      },
      windows: (rows) =>
        windowsOf(shape, rows)
          .map(([inside, end]) => [keeps(inside), end] as const)
          .filter(([inside]) => inside.length > 0)
          .map(([inside, end]) => [computation === reduced ? [sumOf(inside)] : inside, end - 1] as const),
      isOfAll,
      shape,
    };
  });

const sumOf = (rows: readonly Row[]): Row => ({
  key: rows[0]?.key ?? '',
  t: 0,
  n: rows.reduce((sum, { n }) => sum + n, 0),
});

/** Windows that do not end by time: the order of arrival is all there is. */
export const countKinds: fc.Arbitrary<WindowKind> = fc
  .tuple(
    fc.constantFrom(
      'countWindow',
      'countWindow with slide',
      'count trigger',
      'delta trigger',
      'end of stream',
      'never',
    ),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(...computations),
  )
  .map(([what, size, slide, computation]): WindowKind => {
    const windowed = (rows: DataStream<Row>): Windowed => {
      const keyed = rows.keyBy(({ key }) => key);
      const all = keyed.window(globalWindows());
      const delta = deltaTrigger<Row>({ threshold: size, delta: (from, to) => Math.abs(from.n - to.n) });
      switch (what) {
        case 'countWindow':
          return keyed.countWindow(size) as Windowed;
        case 'countWindow with slide':
          return keyed.countWindow(size, slide) as Windowed;
        case 'count trigger':
          return all.trigger(countTrigger(size)) as Windowed;
        case 'delta trigger':
          return all.trigger(purgingTrigger(delta)) as Windowed;
        case 'end of stream':
          return all.trigger(endOfStreamTrigger()) as Windowed;
        default:
          return all.trigger(neverTrigger()) as Windowed;
      }
    };
    return {
      text: `${what} ${size} ${slide}, ${computation.text}`,
      build: (rows) => computation.of(windowed(rows)),
      windows: (rows) => counted(what, size, slide, rows).map((inside) => [inside, maxWatermark]),
      isOfAll: false,
      shape: null,
    };
  });

function counted(what: string, size: number, slide: number, rows: readonly Row[]): readonly (readonly Row[])[] {
  const fired: (readonly Row[])[] = [];
  let from = 0;
  let last: number | null = null;
  for (const [at, { n }] of rows.entries()) {
    const through = rows.slice(0, at + 1);
    if (what === 'countWindow' && (at + 1) % size === 0) fired.push(through.slice(-size));
    if (what === 'countWindow with slide' && (at + 1) % slide === 0) fired.push(through.slice(-size));
    if (what === 'count trigger' && (at + 1) % size === 0) fired.push(through);
    if (what === 'end of stream' && at + 1 === rows.length) fired.push(through);
    if (what !== 'delta trigger') continue;
    if (last !== null && Math.abs(n - last) > size) {
      fired.push(rows.slice(from, at + 1));
      from = at + 1;
      last = n;
    }
    last ??= n;
  }
  return fired;
}

function shapes(): fc.Arbitrary<Shape> {
  const offsetBelow = (step: number) => fc.integer({ min: 1 - step, max: step - 1 });
  const size = fc.integer({ min: 1, max: 30 });
  return fc.oneof(
    size.chain((each) =>
      offsetBelow(each).map((offset): Shape => ({ kind: 'fixed', size: each, slide: each, offset })),
    ),
    fc
      .tuple(size, fc.integer({ min: 2, max: 30 }))
      .chain(([of, slide]) => offsetBelow(slide).map((offset): Shape => ({ kind: 'fixed', size: of, slide, offset }))),
    fc.integer({ min: 1, max: 15 }).map((gap): Shape => ({ kind: 'session', gapOf: () => gap })),
    fc.integer({ min: 1, max: 15 }).map((gap): Shape => ({ kind: 'session', gapOf: ({ n }) => gap + n })),
  );
}

function assignerOf(shape: Shape): unknown {
  if (shape.kind === 'session') return sessionEventTimeWindows<Row>({ gapMs: shape.gapOf });
  const { size: sizeMs, slide: slideMs, offset: offsetMs } = shape;
  return sizeMs === slideMs
    ? tumblingEventTimeWindows({ sizeMs, offsetMs })
    : slidingEventTimeWindows({ sizeMs, slideMs, offsetMs });
}

const shapeText = (shape: Shape): string =>
  shape.kind === 'session' ? 'session' : `${shape.size} every ${shape.slide} from ${shape.offset}`;

/** Each window that holds anything, with its records in the order of arrival, and its end. */
function windowsOf(shape: Shape, rows: readonly Row[]): readonly (readonly [rows: readonly Row[], end: number])[] {
  const sorted = [...rows].sort((a, b) => a.t - b.t);
  const inside = (start: number, end: number): readonly Row[] => rows.filter(({ t }) => start <= t && t < end);
  if (shape.kind === 'fixed') {
    const { size, slide, offset } = shape;
    const found: (readonly [readonly Row[], number])[] = [];
    for (let start = (sorted[0]?.t ?? 0) - size; start <= (sorted.at(-1)?.t ?? 0); start++) {
      const held = (start - offset) % slide === 0 ? inside(start, start + size) : [];
      if (held.length > 0) found.push([held, start + size]);
    }
    return found;
  }
  const bounds: { start: number; end: number }[] = [];
  for (const row of sorted) {
    const end = row.t + shape.gapOf(row);
    const open = bounds.at(-1);
    if (open === undefined || row.t > open.end) bounds.push({ start: row.t, end });
    else open.end = Math.max(open.end, end);
  }
  // A record at the very end of a session touches it, and so is in it: then that goes on behind the record.
  return bounds.map(({ start, end }) => [inside(start, end), end] as const);
}
