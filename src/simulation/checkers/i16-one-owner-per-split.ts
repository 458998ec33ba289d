import type { Effect } from '../../../actors/kernel/effect.js';
import type { JobRun } from '../../../actors/protocol/ids.js';
import { runText } from '../../../actors/protocol/ids.js';
import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { SubtaskMessage } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry, idText } from './log-entries.js';
import { splitsOfReaders } from './manifest-state.js';

/**
 * I16: in every complete checkpoint a split of a source is with its enumerator, or with one reader, or read to its end:
 * never with two. And in a run no split is assigned twice, nor one that the checkpoint it goes on from does not have as
 * unassigned. Known from the log, the state blobs of the sources, and the `subtask.assignSplits` questions of
 * source-coordinators. It cannot tell a split that is lost from one that is read to its end; I9 and I10 do, by its
 * records.
 */
export const oneOwnerPerSplit: CheckerFactory = (context) => new OneOwnerPerSplit(context);

class OneOwnerPerSplit implements Checker {
  readonly invariant = 'I16';
  private readonly sources: readonly string[];
  private latest: CheckpointManifest | null = null;
  /** What each run goes on from. */
  private readonly restored = new Map<JobRun, CheckpointManifest | null>();
  /** By run, source and split: the reader it was assigned to. */
  private readonly assigned = new Map<string, string>();

  constructor(private readonly context: CheckerContext) {
    const operators = context.record.graph.vertices.flatMap((vertex) => vertex.operators);
    this.sources = operators.filter(({ kind }) => kind === 'source').map(({ uid }) => uid);
  }

  store(event: StoreEvent): void {
    const entry = createdEntry(event, this.context.record.job);
    if (entry === null) return;
    if (entry.kind === 'recovered') this.restored.set(entry.run, entry.from === null ? null : this.latest);
    else {
      this.latest = entry.checkpoint;
      for (const uid of this.sources) this.owners(entry.checkpoint, uid);
    }
  }

  trace({ actor, effects }: TraceRecord): void {
    if (!actor.startsWith('source-coordinator/')) return;
    const uid = actor.slice(actor.lastIndexOf('/') + 1);
    for (const effect of effects) {
      if (effect.kind === 'ask' && effect.message.type === 'subtask.assignSplits') this.assign(uid, effect);
    }
  }

  private owners(manifest: CheckpointManifest, uid: string): void {
    const owners = new Map<string, string>();
    const own = (split: string, owner: string): void => {
      const other = owners.get(split);
      if (other !== undefined) {
        throw new Violation(
          'I16',
          `checkpoint ${idText(manifest.id)} has split ${split} of ${uid} with ${other} and with ${owner}`,
        );
      }
      owners.set(split, owner);
    };
    const enumerators = manifest.enumerators.filter((enumerator) => enumerator.uid === uid);
    if (enumerators.length !== 1) {
      throw new Violation('I16', `checkpoint ${idText(manifest.id)} has ${enumerators.length} enumerators of ${uid}`);
    }
    for (const { id } of enumerators[0]?.unassigned ?? []) own(id, 'the enumerator');
    for (const [subtask, splits] of splitsOfReaders(this.context.store, manifest, uid)) {
      for (const { id } of splits) own(id, subtask);
    }
  }

  private assign(uid: string, { to, message }: Extract<Effect, { kind: 'ask' }>): void {
    const { run, splits } = message as Extract<SubtaskMessage, { type: 'subtask.assignSplits' }>;
    const from = this.restored.get(run) ?? null;
    const unassigned = from?.enumerators.find((enumerator) => enumerator.uid === uid)?.unassigned ?? [];
    for (const { id } of splits) {
      const name = `${run}/${uid}/${id}`;
      const other = this.assigned.get(name);
      if (other !== undefined) {
        throw new Violation('I16', `run ${runText(run)} assigned split ${id} of ${uid} to ${other} and to ${to.actor}`);
      }
      this.assigned.set(name, to.actor);
      if (from !== null && !unassigned.some((split) => split.id === id)) {
        throw new Violation(
          'I16',
          `run ${runText(run)} assigned split ${id} of ${uid}, which checkpoint ${idText(from.id)} has given away`,
        );
      }
    }
  }
}
