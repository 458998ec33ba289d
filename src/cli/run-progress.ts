import type { Effect } from '../../actors/kernel/effect.js';
import type { Failure } from '../../actors/protocol/failure.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import { checkpointText } from '../../actors/protocol/ids.js';
import type { LogEntry } from '../../actors/protocol/manifest.js';
import type { TraceRecord } from '../ports/telemetry.js';
import type { Terminal } from './terminal.js';

/** Where it is told. */
export type Voice = Pick<Terminal, 'colors' | 'say' | 'status'>;

/** Tells a person how the job is doing, from the steps of its job-master and its checkpoint-coordinator. */
export class RunProgress {
  /** The newest checkpoint known to be complete. */
  checkpoint: CheckpointId | null = null;
  private readonly terminal: Voice;
  private readonly job: string;
  private state = 'starting';
  private pending: { readonly request: string; readonly entry: LogEntry } | null = null;
  private failures = 0;
  private intent: unknown = null;
  private cause: Failure | null = null;

  /** Of failures nothing is told where a log does so. */
  constructor(
    terminal: Voice,
    job: string,
    private readonly tells: 'all' | 'checkpoints' = 'all',
  ) {
    this.terminal = terminal;
    this.job = job;
  }

  onTrace(record: TraceRecord): void {
    if (record.actor !== `job-master/${this.job}` && record.actor !== `checkpoint-coordinator/${this.job}`) return;
    this.confirm(record);
    this.pending = record.effects.map(logEntryOf).find((entry) => entry !== null) ?? this.pending;
    if (record.actor.startsWith('job-master/')) this.follow(record);
    this.showStatus();
  }

  /** An entry counts when the store has said that it stands there. */
  private confirm({ message }: TraceRecord): void {
    if (this.pending === null || message.type !== 'record.created') return;
    if (!('request' in message) || message.request !== this.pending.request) return;
    const { entry } = this.pending;
    this.pending = null;
    if (entry.kind === 'checkpoint') this.checkpoint = entry.checkpoint.id;
    else this.announceRecovery(entry);
  }

  private announceRecovery({ from, index, savepoint }: Extract<LogEntry, { kind: 'recovered' }>): void {
    this.checkpoint = savepoint === undefined ? from : null;
    if (savepoint !== undefined)
      return this.terminal.say(`${this.terminal.colors.cyan(this.job)} begins with savepoint ${savepoint}`);
    if (index === 0) return;
    const how = this.failures > 0 ? 'recovers' : 'resumes';
    const where = from === null ? 'the beginning: no checkpoint is complete yet' : `checkpoint ${checkpointText(from)}`;
    this.terminal.say(`${this.terminal.colors.cyan(this.job)} ${how} from ${where}`);
  }

  private follow({ fromState, toState, contextPatch }: TraceRecord): void {
    this.intent = contextPatch.intent ?? this.intent;
    this.cause = (contextPatch.cause as Failure | null | undefined) ?? this.cause;
    if (toState === null || toState === fromState) return;
    this.state = toState;
    // How a job ends is told at its end.
    if (toState !== 'pausing' || this.intent !== 'restart' || this.cause === null) return;
    this.failures += 1;
    if (this.tells === 'all') this.terminal.say(`${this.terminal.colors.yellow('failure')} ${this.cause.message}`);
  }

  private showStatus(): void {
    const checkpoint = this.checkpoint === null ? '' : `, checkpoint ${checkpointText(this.checkpoint)}`;
    this.terminal.status(`${this.job}: ${this.state}${checkpoint}`);
  }
}

function logEntryOf(effect: Effect): { readonly request: string; readonly entry: LogEntry } | null {
  if (effect.kind !== 'record.create' || !effect.key.includes('/log/')) return null;
  return { request: effect.request, entry: effect.record as LogEntry };
}
