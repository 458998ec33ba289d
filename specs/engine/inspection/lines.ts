import type { TraceRecord } from '../../../src/ports/telemetry.js';
import type { TraceLine, WatchLine } from '../../../src/ports/trace-line.js';
import type { ActorInspection } from '../../../src/runtime/host/actor-host.js';
import { decodeReport, ReportWriter } from '../../../src/runtime/inspection/report.js';
import type { Report, StepDetail } from '../../../src/runtime/inspection/views.js';

/** Both ends of a line in memory: what a process publishes and answers is kept, and given to whoever watches. */
export class MemoryLine implements TraceLine, WatchLine {
  readonly published: Report[] = [];
  readonly answered: Report[] = [];
  readonly requested: Uint8Array[] = [];
  private readonly watchers: ((bytes: Uint8Array) => void)[] = [];
  private heard: ((request: Uint8Array, answer: (bytes: Uint8Array) => void) => void) | null = null;

  hear(receive: (request: Uint8Array, answer: (bytes: Uint8Array) => void) => void): () => void {
    this.heard = receive;
    return () => {
      this.heard = null;
    };
  }

  publish(_process: string, _role: string, bytes: Uint8Array): void {
    this.published.push(decodeReport(bytes) as Report);
    for (const receive of this.watchers) receive(bytes);
  }

  request(bytes: Uint8Array): void {
    this.requested.push(bytes);
    this.heard?.(bytes, (answer) => {
      this.answered.push(decodeReport(answer) as Report);
      for (const receive of this.watchers) receive(answer);
    });
  }

  listen(receive: (bytes: Uint8Array) => void): () => void {
    this.watchers.push(receive);
    return () => void this.watchers.splice(this.watchers.indexOf(receive), 1);
  }

  /** As a watcher says it. */
  watch(detail: StepDetail, known: readonly string[] = []): void {
    this.request(new ReportWriter().encode({ detail, known }));
  }

  /** What steps were published, by the types of their messages. */
  get steps(): readonly string[] {
    return this.published
      .flatMap((report) => (report.kind === 'steps' ? report.steps : []))
      .map((step) => step.message.type);
  }

  get dropped(): number {
    return this.published.reduce((sum, report) => sum + (report.kind === 'steps' ? report.dropped : 0), 0);
  }
}

export const step = (type: string, more: Partial<TraceRecord> = {}): TraceRecord => ({
  seq: 1,
  cause: null,
  process: 'tm-1',
  incarnation: 'first',
  actor: 'slot/0',
  atMs: 0,
  message: { type },
  from: null,
  verdict: { kind: 'taken' },
  fromState: 'free',
  toState: 'allocated',
  contextPatch: {},
  effects: [],
  ...more,
});

export const living = (actor: string, more: Partial<ActorInspection> = {}): ActorInspection => ({
  actor,
  role: actor.split('/')[0] ?? '',
  state: 'serving',
  sinceMs: 0,
  waitsFor: [],
  questions: [],
  ...more,
});
