import type { Operator, Stage } from '../../src/operators/operator.js';
import type { Source, SourceReader } from '../../src/operators/source.js';
import { reduceFold } from '../../src/operators/window-functions.js';
import { windowOperator } from '../../src/operators/window-operators.js';
import type { WindowAssigner } from '../../src/window/assigner.js';
import { SessionWindows } from '../../src/window/session-windows.js';
import { SlidingWindows } from '../../src/window/sliding-windows.js';
import { TumblingWindows } from '../../src/window/tumbling-windows.js';
import type { TimeWindow } from '../../src/window/window.js';
import { benchProgram } from './bench-program.js';
import type { Benchmark } from './measure.js';
import { runJob } from './run-job.js';

const keys = 1_000;
/** Records of one millisecond of event time, and the time between two watermarks. */
const [recordsPerMs, watermarkEveryMs] = [10, 200];

interface Count {
  readonly auction: number;
  readonly count: number;
}

const add = (a: Count, b: Count): Count => ({ auction: a.auction, count: a.count + b.count });
const auctionOf = ({ auction }: Count): number => auction;

/** Windows of a second, of ten seconds every second, and sessions that end after 250 ms; each beside a plain loop that does the same. */
export const tumblingWindow = (records: number): Benchmark =>
  windowed('tumbling windows of 1 s', 2_500_000, records, new TumblingWindows('event', 1_000, 0), tumblingLoop);

export const slidingWindow = (records: number): Benchmark =>
  windowed(
    'sliding windows of 10 s every 1 s',
    2_000_000,
    records,
    new SlidingWindows('event', { sizeMs: 10_000, slideMs: 1_000, offsetMs: 0 }),
    slidingLoop,
  );

export const sessionWindow = (records: number): Benchmark =>
  windowed('sessions with a gap of 250 ms', 1_500_000, records, new SessionWindows('event', 250), sessionLoop);

/** Half of the keys come one after the other; the others rest for every other second, so that their sessions end. */
function countAt(index: number): Count {
  const auction = (index * 7_919) % keys;
  const rests = auction % 2 === 1 && Math.floor(index / (1_000 * recordsPerMs)) % 2 === 1;
  return { auction: rests ? auction - 1 : auction, count: 1 };
}

const timeOf = (index: number): number => Math.floor(index / recordsPerMs);

function windowed(
  name: string,
  floorRecordsPerSecond: number,
  records: number,
  assigner: WindowAssigner<Count, TimeWindow>,
  loop: (values: readonly Count[]) => number,
): Benchmark {
  const values = Array.from({ length: records }, (_, index) => countAt(index));
  const setting = {
    assigner,
    trigger: null,
    evictor: null,
    allowedLatenessMs: 0,
    computation: { fold: reduceFold<Count>(add), process: null },
    late: null,
  };
  const stages: readonly Stage[] = [
    {
      kind: 'operator',
      uid: 'window',
      name: 'window',
      create: () => windowOperator<Count, TimeWindow, Count>(setting) as Operator<never, never> as Operator,
      key: auctionOf,
    },
    { kind: 'filter', uid: 'end', name: 'end', fn: () => false },
  ];
  return {
    name,
    floorRecordsPerSecond,
    records,
    engine: () => runJob(benchProgram('windows', 1, [{ id: 'window', source: new TimedSource(values), stages }], [])),
    plainLoop: () => {
      if (loop(values) === 0) throw new Error('no results');
    },
  };
}

/** Gives records in the order of their time, with watermarks in between. */
class TimedSource implements Source<Count> {
  readonly name = 'timed';

  constructor(private readonly values: readonly Count[]) {}

  discover(): void {
    throw new Error('a benchmark assigns the only split itself');
  }

  createReader(): SourceReader<Count> {
    const { values } = this;
    let at = values.length;
    return {
      addSplits: () => {
        at = 0;
      },
      noMoreSplits: () => undefined,
      poll: (recordsMax) => {
        if (at === values.length) return 'finished';
        const from = at;
        at = Math.min(values.length, at + recordsMax);
        const timestamps = Array.from({ length: at - from }, (_, index) => timeOf(from + index));
        const reached = timeOf(at - 1) - (timeOf(at - 1) % watermarkEveryMs) - 1;
        return { values: values.slice(from, at), timestamps, watermark: reached };
      },
      snapshot: () => [],
      close: () => undefined,
    };
  }
}

/** Adds up by window and key, and counts results when time has passed the window. */
function tumblingLoop(values: readonly Count[]): number {
  const open = new Map<number, Map<number, Count>>();
  let results = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Count;
    const start = Math.floor(timeOf(index) / 1_000) * 1_000;
    addTo(open, start, value);
    if (index % (watermarkEveryMs * recordsPerMs) === 0) results += passed(open, timeOf(index) - 1_000);
  }
  return results + passed(open, Number.POSITIVE_INFINITY);
}

/** The same by ten windows for each record, as one would write it without panes. */
function slidingLoop(values: readonly Count[]): number {
  const open = new Map<number, Map<number, Count>>();
  let results = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Count;
    const last = Math.floor(timeOf(index) / 1_000) * 1_000;
    for (let start = last; start > timeOf(index) - 10_000; start -= 1_000) addTo(open, start, value);
    if (index % (watermarkEveryMs * recordsPerMs) === 0) results += passed(open, timeOf(index) - 10_000);
  }
  return results + passed(open, Number.POSITIVE_INFINITY);
}

function sessionLoop(values: readonly Count[]): number {
  const open = new Map<number, { end: number; count: Count }>();
  let results = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Count;
    const time = timeOf(index);
    const session = open.get(value.auction);
    if (session === undefined || session.end < time) {
      if (session !== undefined) results += 1;
      open.set(value.auction, { end: time + 250, count: value });
    } else {
      session.end = time + 250;
      session.count = add(session.count, value);
    }
  }
  return results + open.size;
}

function addTo(open: Map<number, Map<number, Count>>, start: number, value: Count): void {
  const window = open.get(start);
  if (window === undefined) {
    open.set(start, new Map([[value.auction, value]]));
    return;
  }
  const before = window.get(value.auction);
  window.set(value.auction, before === undefined ? value : add(before, value));
}

function passed(open: Map<number, Map<number, Count>>, through: number): number {
  let results = 0;
  for (const [start, window] of open) {
    if (start > through) continue;
    results += window.size;
    open.delete(start);
  }
  return results;
}
