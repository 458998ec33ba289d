import { readFileSync } from 'node:fs';
import {
  type Batch,
  defineJob,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  noTimestamp,
  type ReaderContext,
  type Source,
  type SourceReader,
  type Split,
  type Timer,
} from 'weirflow';
import type { Flight } from './flight.js';

/** A flight, and when it was due at the source. */
interface Clocked extends Flight {
  readonly dueAtMs: number;
}

/** How late the records since the last line arrived, in milliseconds, as a line of JSON. */
export interface LatencyLine {
  readonly kind: 'latency';
  readonly atMs: number;
  readonly latenciesMs: readonly number[];
}

const lineEveryMs = 250;
const pollEveryMs = 1;
const wallMs = (): number => performance.timeOrigin + performance.now();

/**
 * Sends flights at --rate a second from the first slot to the second, where each is held against the moment at which it was due: a
 * source that is late counts too.
 */
export default defineJob('clocked-flights', (env) => {
  env.enableCheckpointing({ intervalMs: 1_000 });
  env
    .fromSource(new ClockedSource(env.param('flights'), Number(env.param('rate', '1000'))), { uid: 'flights' })
    .keyBy(({ origin }) => origin)
    .process(new Latencies())
    .uid('latencies')
    .setParallelism(2)
    .print();
});

class ClockedSource implements Source<Clocked> {
  readonly name = 'clocked';

  constructor(
    private readonly path: string,
    private readonly perSecond: number,
  ) {}

  discover(_context: unknown, done: Parameters<Source['discover']>[1]): void {
    done({ ok: true, splits: [{ id: 'clock', data: null }] });
  }

  createReader(context: ReaderContext): SourceReader<Clocked> {
    return new ClockedReader(JSON.parse(readFileSync(this.path, 'utf8')) as Flight[], this.perSecond, context);
  }
}

class ClockedReader implements SourceReader<Clocked> {
  private splits: readonly Split[] = [];
  private beganAtMs = 0;
  private sent = 0;
  private timer: Timer | null = null;

  constructor(
    private readonly flights: readonly Flight[],
    private readonly perSecond: number,
    private readonly context: ReaderContext,
  ) {}

  addSplits(splits: readonly Split[]): void {
    this.splits = splits;
    this.beganAtMs = wallMs();
    this.sent = 0;
  }

  noMoreSplits(): void {}

  poll(recordsMax: number): Batch<Clocked> | 'idle' | 'needsSplit' {
    if (this.splits.length === 0) return 'needsSplit';
    const due = Math.floor(((wallMs() - this.beganAtMs) * this.perSecond) / 1_000);
    const count = Math.min(recordsMax, due - this.sent);
    if (count <= 0) {
      this.timer ??= this.context.clock.setTimer(pollEveryMs, () => {
        this.timer = null;
        this.context.wake();
      });
      return 'idle';
    }
    const values = Array.from({ length: count }, () => this.next());
    return { values, timestamps: values.map(() => noTimestamp), watermark: null };
  }

  /** What is sent counts from now on, so a recovery begins anew: nothing here has to be exact. */
  snapshot(): readonly Split[] {
    return this.splits;
  }

  close(): void {
    this.timer?.cancel();
  }

  private next(): Clocked {
    this.sent += 1;
    const dueAtMs = this.beganAtMs + (this.sent * 1_000) / this.perSecond;
    return { ...(this.flights[this.sent % this.flights.length] as Flight), dueAtMs };
  }
}

class Latencies implements KeyedProcessFunction<string, Clocked, string> {
  private latenciesMs: number[] = [];
  private toldAtMs = 0;

  processElement({ dueAtMs }: Clocked, context: KeyedProcessContext<string, string>): void {
    const atMs = wallMs();
    this.latenciesMs.push(Math.round((atMs - dueAtMs) * 1_000) / 1_000);
    if (atMs < this.toldAtMs + lineEveryMs) return;
    this.toldAtMs = atMs;
    const line: LatencyLine = { kind: 'latency', atMs, latenciesMs: this.latenciesMs };
    this.latenciesMs = [];
    context.emit(JSON.stringify(line));
  }
}
