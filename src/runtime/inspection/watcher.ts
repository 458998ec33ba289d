import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Unlisten } from '../../ports/bus.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { WatchLine } from '../../ports/trace-line.js';
import { decodeReport, ReportWriter } from './report.js';
import { type ActorView, type InspectEvent, lifeText, type Report, type StepDetail } from './views.js';

/** Several within the lease of a process, so that one may get lost. */
const repeatMs = 1_000;
/** At first, when a process that has not answered may have missed the question. */
const firstRepeatMs = 200;
/** No process has been new for so long: all that are there have answered. */
const quietMs = 500;

export interface WatcherOptions {
  readonly line: WatchLine;
  readonly clock: Clock;
  readonly detail: StepDetail;
  /** How long to wait until any process answers. */
  readonly waitMs: number;
  /** The actors of all processes, once; null when none has answered in time. */
  readonly seen: (actors: readonly ActorView[] | null) => void;
  /** Steps as they happen, also before `seen`; and after that the actors of processes that come later. */
  readonly happened: (event: InspectEvent) => void;
}

interface Gathering {
  readonly number: number;
  readonly parts: Map<number, readonly ActorView[]>;
}

/** Watches all processes of a cluster: repeats that it does, gathers their actors, and passes on what they publish. */
export class Watcher {
  private readonly writer = new ReportWriter();
  private readonly unlisten: Unlisten;
  private readonly known = new Set<string>();
  private readonly gathering = new Map<ProcessName, Gathering>();
  private first: ActorView[] | null = [];
  private repeat: Timer;
  private quiet: Timer | null = null;
  private readonly deadline: Timer;

  constructor(private readonly options: WatcherOptions) {
    const { line, clock, waitMs } = options;
    this.unlisten = line.listen((bytes) => {
      const report = decodeReport(bytes);
      if (report !== null) this.take(report);
    });
    this.deadline = clock.setTimer(waitMs, () => {
      if (this.known.size > 0 || this.first === null) return;
      this.close();
      options.seen(null);
    });
    this.repeat = clock.setTimer(0, () => this.ask());
  }

  close(): void {
    this.unlisten();
    this.repeat.cancel();
    this.quiet?.cancel();
    this.deadline.cancel();
  }

  private ask(): void {
    const { line, clock, detail } = this.options;
    line.request(this.writer.encode({ detail, known: [...this.known] }));
    this.repeat = clock.setTimer(this.first === null ? repeatMs : firstRepeatMs, () => this.ask());
  }

  private take(report: Report): void {
    if (report.kind === 'snapshot') return this.gather(report);
    for (const step of report.steps) this.options.happened(step);
    if (report.dropped > 0) this.options.happened({ kind: 'dropped', process: report.process, count: report.dropped });
  }

  private gather(report: Extract<Report, { kind: 'snapshot' }>): void {
    const { process, number, part, parts } = report;
    const life = lifeText(report);
    if (this.known.has(life)) return;
    let gathering = this.gathering.get(process);
    if (gathering?.number !== number) gathering = { number, parts: new Map() };
    gathering.parts.set(part, report.actors);
    this.gathering.set(process, gathering);
    if (gathering.parts.size < parts) return;
    this.gathering.delete(process);
    // Its earlier lives are over, and need not be named any more.
    for (const each of this.known) if (each.startsWith(`${process}@`)) this.known.delete(each);
    this.known.add(life);
    const actors = [...gathering.parts].sort(([a], [b]) => a - b).flatMap(([, views]) => views);
    if (this.first === null) for (const actor of actors) this.options.happened(actor);
    else this.gatherFirst(actors);
  }

  private gatherFirst(actors: readonly ActorView[]): void {
    this.first?.push(...actors);
    this.quiet?.cancel();
    this.quiet = this.options.clock.setTimer(quietMs, () => {
      const { first } = this;
      this.first = null;
      this.deadline.cancel();
      this.options.seen((first ?? []).sort((a, b) => order(a, b)));
    });
  }
}

function order(a: ActorView, b: ActorView): number {
  if (a.process !== b.process) return a.process < b.process ? -1 : 1;
  return a.actor < b.actor ? -1 : 1;
}
