import type { Incarnation, ProcessName } from '../../../actors/protocol/ids.js';
import type { Unlisten } from '../../ports/bus.js';
import type { Clock } from '../../ports/clock.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { TraceLine } from '../../ports/trace-line.js';
import type { ActorInspection } from '../host/actor-host.js';
import { briefStep } from './brief.js';
import { decodeRequest, ReportWriter } from './report.js';
import type { ActorView, StepDetail, StepView } from './views.js';

/** Longer than a watcher is silent, and short enough that one which has gone costs nothing. */
const leaseMs = 5_000;
const flushMs = 50;
/** A burst of so many steps is published, and so many a second for as long as they come; what is more is counted. */
const burstMax = 2_000;
const stepsPerSecondMax = 1_000;
const stepsPerReport = 64;
const actorsPerReport = 200;
const shownMax = 20;

export interface TracePublisherOptions {
  readonly line: TraceLine;
  readonly clock: Clock;
  readonly process: ProcessName;
  /** Its present life and its living actors; null before it has any. */
  readonly look: () => { readonly incarnation: Incarnation; readonly actors: readonly ActorInspection[] } | null;
}

/**
 * Shows a process to whoever watches: its living actors once to each, then its steps as they happen, for as long as somebody repeats
 * that it watches. To nobody it says nothing and costs one comparison a step. Bounded: a burst is cut off and counted.
 */
export class TracePublisher {
  private detail: StepDetail = 'none';
  private readonly untilMs: Record<'changes' | 'all', number> = { changes: 0, all: 0 };
  private readonly writer = new ReportWriter();
  private readonly unlisten: Unlisten;
  private steps: StepView[] = [];
  private dropped = 0;
  private allowance = burstMax;
  private allowedAtMs = 0;
  private snapshots = 0;
  private flushing = false;
  private closed = false;

  constructor(private readonly options: TracePublisherOptions) {
    this.unlisten = options.line.hear((request, answer) => this.hear(request, answer));
  }

  trace(record: TraceRecord): void {
    if (this.detail === 'none' || (this.detail === 'changes' && !isChange(record))) return;
    const { clock } = this.options;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.allowedAtMs) * stepsPerSecondMax) / 1_000;
    this.allowance = Math.min(burstMax, this.allowance + earned);
    this.allowedAtMs = nowMs;
    if (this.allowance >= 1) {
      this.allowance -= 1;
      this.steps.push(briefStep(record, clock.wallMs()));
    } else this.dropped += 1;
    this.flushSoon();
  }

  /** The last steps leave at once. */
  close(): void {
    this.flush();
    this.closed = true;
    this.detail = 'none';
    this.unlisten();
  }

  private hear(bytes: Uint8Array, answer: (bytes: Uint8Array) => void): void {
    const request = decodeRequest(bytes);
    if (request === null || this.closed) return;
    if (request.detail !== 'none') this.renew(request.detail);
    const { process, look } = this.options;
    const seen = look() ?? { incarnation: '', actors: [] };
    if (request.known.includes(`${process}@${seen.incarnation}`)) return;
    // Steps that the snapshot holds already go first.
    this.flush();
    this.show(seen.incarnation, seen.actors, answer);
  }

  private renew(detail: 'changes' | 'all'): void {
    const { clock } = this.options;
    this.untilMs[detail] = clock.monotonicMs() + leaseMs;
    this.judge();
    clock.setTimer(leaseMs, () => this.judge());
  }

  /** Each watcher's wish holds for its lease; what one of them wants to see, all get. */
  private judge(): void {
    if (this.closed) return;
    const nowMs = this.options.clock.monotonicMs();
    const wants = (detail: 'changes' | 'all'): boolean => this.untilMs[detail] > nowMs;
    this.detail = wants('all') ? 'all' : wants('changes') ? 'changes' : 'none';
  }

  private show(
    incarnation: Incarnation,
    actors: readonly ActorInspection[],
    answer: (bytes: Uint8Array) => void,
  ): void {
    const { process, clock } = this.options;
    const nowMs = clock.monotonicMs();
    const parts = Math.max(1, Math.ceil(actors.length / actorsPerReport));
    this.snapshots += 1;
    for (let part = 0; part < parts; part += 1) {
      const shown = actors.slice(part * actorsPerReport, (part + 1) * actorsPerReport);
      const views = shown.map((actor) => viewOf(actor, process, incarnation, nowMs));
      const number = this.snapshots;
      answer(this.writer.encode({ kind: 'snapshot', process, incarnation, number, part, parts, actors: views }));
    }
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    this.options.clock.setTimer(flushMs, () => {
      this.flushing = false;
      this.flush();
    });
  }

  /** One report for neighbours of one role, so that all of them stay in their order. */
  private flush(): void {
    if (this.closed) return;
    const { steps } = this;
    this.steps = [];
    let from = 0;
    while (from < steps.length) {
      const { role } = steps[from] as StepView;
      let to = from + 1;
      while (to < steps.length && to - from < stepsPerReport && steps[to]?.role === role) to += 1;
      this.publish(role, steps.slice(from, to));
      from = to;
    }
    if (this.dropped > 0) this.publish('dropped', []);
  }

  private publish(role: string, steps: readonly StepView[]): void {
    const { line, process } = this.options;
    const { dropped } = this;
    this.dropped = 0;
    line.publish(process, role, this.writer.encode({ kind: 'steps', process, dropped, steps }));
  }
}

/** What a person should see: heartbeats and other repetitions change no state. */
const isChange = ({ verdict, fromState, toState }: TraceRecord): boolean =>
  fromState !== toState || verdict.kind === 'refused' || verdict.kind === 'dropped';

function viewOf(
  { actor, role, state, sinceMs, waitsFor, questions }: ActorInspection,
  process: ProcessName,
  incarnation: Incarnation,
  nowMs: number,
): ActorView {
  return {
    kind: 'actor',
    process,
    incarnation,
    actor,
    role,
    state,
    forMs: Math.max(0, nowMs - sinceMs),
    waitsFor: waitsFor.slice(0, shownMax),
    waitsForMore: Math.max(0, waitsFor.length - shownMax),
    questions: questions.slice(0, shownMax),
    questionsMore: Math.max(0, questions.length - shownMax),
  };
}
