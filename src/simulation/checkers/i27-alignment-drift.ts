import type { AlignmentAnswer } from '../../../actors/alignment/messages.js';
import { actorNames, type SubtaskKey } from '../../../actors/protocol/ids.js';
import type { TaskEvent, WatermarkReport } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import { type JobSpec, sourceUid, specOf } from '../jobs/index.js';
import type { AlignmentSpec } from '../jobs/operator-state-spec.js';

/**
 * I27: in an alignment group nobody is told that it may go further than the drift allows beyond any reader of the run that has neither ended nor is idle; and no reader goes
 * further than it was told, by more than one batch of one split; before it was told anything, by more than one batch of each. Known from the steps of
 * subtasks: the reports they are given by their tasks and the answers they get. That all of it is read to its end, I10 says. For generated jobs only.
 */
export const alignmentDrift: CheckerFactory = (context) => {
  const spec = specOf(context.record);
  const alignment = spec?.time?.alignment;
  return spec === null || alignment === undefined ? { invariant: 'I27' } : new AlignmentDrift(context, spec, alignment);
};

/** What is known of one reader of one run. */
interface Reader {
  /** The greatest watermark that it has reported. */
  readonly reported: number;
  /** It was idle, or has ended: how much of that was known when a limit was made nobody can say. */
  readonly wasAway: boolean;
  /** The greatest watermark that it may report. */
  readonly reach: number;
  readonly isTold: boolean;
}

const unheard: Reader = {
  reported: Number.NEGATIVE_INFINITY,
  wasAway: false,
  reach: Number.NEGATIVE_INFINITY,
  isTold: false,
};

/** As much as a generator with a rate puts out at once. */
const burstMs = 100;

class AlignmentDrift implements Checker {
  readonly invariant = 'I27';
  private readonly prefix: string;
  /** By run. */
  private readonly readers = new Map<string, Map<SubtaskKey, Reader>>();
  private readonly turnRecordsMax: number;

  constructor(
    { record: { job }, world: { turnRecordsMax } }: CheckerContext,
    private readonly spec: JobSpec,
    private readonly alignment: AlignmentSpec,
  ) {
    this.prefix = `${actorNames.subtask(job, 0, '').split('/0/')[0]}/`;
    this.turnRecordsMax = turnRecordsMax;
  }

  trace({ actor, message, verdict }: TraceRecord): void {
    if (verdict.kind !== 'taken' || !actor.startsWith(this.prefix)) return;
    const [run = '', subtask = ''] = actor.slice(this.prefix.length).split('/');
    if (message.type === 'task.watermarkReached')
      this.reached(run, subtask, (message as Extract<TaskEvent, { type: 'task.watermarkReached' }>).report);
    if (message.type === 'alignment.announced') this.told(run, subtask, (message as unknown as AlignmentAnswer).limit);
  }

  private reached(run: string, subtask: SubtaskKey, { watermark, status }: WatermarkReport): void {
    const readers = this.readers.get(run) ?? new Map<SubtaskKey, Reader>();
    this.readers.set(run, readers);
    const before = readers.get(subtask) ?? unheard;
    const at = watermark ?? Number.NEGATIVE_INFINITY;
    if (before.isTold && status === 'active' && at > before.reach)
      throw new Violation('I27', `${subtask} is at ${at} and was not to be beyond ${before.reach}`, { run });
    readers.set(subtask, {
      ...before,
      reported: Math.max(before.reported, at),
      wasAway: before.wasAway || status !== 'active',
      reach: before.isTold ? before.reach : Math.max(before.reach, at + this.batchMs(subtask)),
    });
  }

  private told(run: string, subtask: SubtaskKey, limit: number | null): void {
    const readers = this.readers.get(run);
    const own = readers?.get(subtask);
    if (readers === undefined || own === undefined || limit === null) return;
    for (const [key, { reported, wasAway }] of readers) {
      if (wasAway || limit <= reported + this.alignment.maxDriftMs) continue;
      const what = `${subtask} is told to read up to ${limit}, and ${key} has come to ${reported}`;
      throw new Violation('I27', what, { run, driftMs: this.alignment.maxDriftMs });
    }
    readers.set(subtask, { ...own, reach: Math.max(own.reach, limit + this.batchMs(subtask)), isTold: true });
  }

  /** How much of event time one batch may bring: its places are one after the other in its split; the first may be late by all the disorder, and the last by nothing. */
  private batchMs(subtask: SubtaskKey): number {
    const { sources, time } = this.spec;
    const source = sources.findIndex((_, index) => subtask.startsWith(`${sourceUid(index)}#`));
    const { splits = 1, ratePerSecond = 0 } = sources[source] ?? {};
    const { stepMs = 0, disorderMs = 0, grainMs = 0 } = time ?? {};
    const records = Math.min(this.turnRecordsMax, Math.max(1, Math.floor((ratePerSecond * burstMs) / 1_000)));
    return records * splits * stepMs + disorderMs + grainMs;
  }
}
