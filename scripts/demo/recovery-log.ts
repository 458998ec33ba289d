import type { TraceRecord } from '../../src/ports/telemetry.js';

interface Recovery {
  readonly killed: string;
  readonly killedAtMs: number;
  /** The keyed subtasks that ended with it. */
  readonly lost: readonly string[];
  readonly states: { readonly state: string; readonly atMs: number }[];
  /** When all that was lost has processed a record again. */
  firstRecordAtMs: number | null;
  readonly waiting: Set<string>;
}

/** One change of parallelism, from the durable promise on. */
export interface Rescale {
  readonly to: number;
  /** From when the job takes the checkpoint until it runs again; null until then. */
  tookMs: number | null;
  /** Of that, how long it processed nothing. */
  downMs: number | null;
}

/** A duration over several kills. */
export interface Spread {
  readonly medianMs: number;
  readonly slowestMs: number;
}

/** Follows the job-master through its recoveries, and each keyed subtask that was lost to its first new record. */
export class RecoveryLog {
  readonly recoveries: Recovery[] = [];
  readonly rescales: Rescale[] = [];
  private wanted = 0;
  private rescaling: { readonly rescale: Rescale; readonly atMs: number; pausedAtMs: number | null } | null = null;
  checkpoints = 0;
  restarts = 0;
  state = 'created';

  killed(process: string, lost: readonly string[], atMs: number): void {
    this.recoveries.push({
      killed: process,
      killedAtMs: atMs,
      lost,
      states: [],
      firstRecordAtMs: null,
      waiting: new Set(lost),
    });
  }

  trace({ actor, fromState, toState, atMs }: TraceRecord): void {
    if (actor.startsWith('checkpoint-coordinator/') && fromState === 'writingManifest' && toState === 'notifying')
      this.checkpoints += 1;
    if (actor.startsWith('job-master/') && toState !== null && fromState !== toState) this.enter(toState, atMs);
  }

  /** The job-master has entered a state. */
  enter(entered: string, atMs: number): void {
    const isRescale = this.state === 'checkpointingForRescale' && entered === 'pausing';
    this.state = entered;
    if (entered === 'pausing' && !isRescale) this.restarts += 1;
    this.rescale(entered, atMs);
    const current = this.recoveries.at(-1);
    if (current !== undefined && current.states.at(-1)?.state !== 'running')
      current.states.push({ state: entered, atMs });
  }

  wantsRescale(to: number): void {
    this.wanted = to;
  }

  private rescale(entered: string, atMs: number): void {
    if (entered === 'checkpointingForRescale') {
      const rescale: Rescale = { to: this.wanted, tookMs: null, downMs: null };
      this.rescales.push(rescale);
      this.rescaling = { rescale, atMs, pausedAtMs: null };
    }
    const { rescaling } = this;
    if (rescaling === null) return;
    if (entered === 'pausing') rescaling.pausedAtMs ??= atMs;
    if (entered !== 'running') return;
    rescaling.rescale.tookMs = Math.round(atMs - rescaling.atMs);
    rescaling.rescale.downMs = Math.round(atMs - (rescaling.pausedAtMs ?? atMs));
    this.rescaling = null;
  }

  /**
   * A subtask has processed its first record since it was started. What was lost has no other life that could say so. The value is how
   * long its recovery took, for the subtask with which all that was lost is back; else null.
   */
  firstRecord(subtask: string, atMs: number): number | null {
    const recovery = this.recoveries.find(({ killedAtMs, waiting }) => atMs >= killedAtMs && waiting.has(subtask));
    if (recovery === undefined) return null;
    recovery.waiting.delete(subtask);
    if (recovery.waiting.size > 0) return null;
    recovery.firstRecordAtMs = atMs;
    return atMs - recovery.killedAtMs;
  }

  /** From the kills to `pausing`; null when there was none. */
  detection(): Spread | null {
    return spread(this.recoveries.map(({ killedAtMs, states }) => since(killedAtMs, atOf(states, 'pausing'))));
  }

  /** From the kills to the first new records; null when there was none. */
  recovery(): Spread | null {
    return spread(this.recoveries.map(({ killedAtMs, firstRecordAtMs }) => since(killedAtMs, firstRecordAtMs)));
  }

  text(): string {
    return this.recoveries.map((recovery, index) => recoveryText(recovery, index + 1)).join('\n');
  }
}

function recoveryText({ killed, killedAtMs, lost, states, firstRecordAtMs }: Recovery, number: number): string {
  const line = (atMs: number, what: string): string =>
    `  ${`+${(atMs - killedAtMs).toFixed(0)} ms`.padStart(9)}  ${what}`;
  return [
    `Recovery ${number}: ${killed} killed, ${lost.join(', ')} lost`,
    ...states.map(({ state, atMs }) => line(atMs, state)),
    ...(firstRecordAtMs === null ? [] : [line(firstRecordAtMs, `first new record in ${lost.join(', ')}`)]),
  ].join('\n');
}

const atOf = (states: Recovery['states'], name: string): number | null =>
  states.find(({ state }) => state === name)?.atMs ?? null;

const since = (killedAtMs: number, atMs: number | null): number | null => (atMs === null ? null : atMs - killedAtMs);

/** Null when one of them was never reached: what did not happen has no median. */
function spread(durations: readonly (number | null)[]): Spread | null {
  const known = durations.filter((duration) => duration !== null).sort((a, b) => a - b);
  if (known.length === 0 || known.length < durations.length) return null;
  const middle = known.length / 2;
  const [low = 0, high = 0] = [known[Math.ceil(middle) - 1], known[Math.floor(middle)]];
  return { medianMs: Math.round((low + high) / 2), slowestMs: Math.round(known.at(-1) ?? 0) };
}
