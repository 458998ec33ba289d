import type { SubtaskKey } from '../../../actors/protocol/ids.js';
import type { CheckpointManifest, Split } from '../../../actors/protocol/manifest.js';
import { laneOf } from '../../connectors/generator/lane.js';
import { type CheckerContext, Violation } from '../checker.js';
import { type JobSpec, type Prefix, sourceUid } from '../jobs/index.js';
import { idText } from './log-entries.js';
import { splitsOfReaders } from './manifest-state.js';

/**
 * How far each split of a generated job was read at its checkpoints, which have to be shown in their order. A checkpoint no longer holds
 * the part of a reader that had finished before; one that was stopped had splits left then, and they stay as they were.
 */
export class Positions {
  /** By source and reader: what it held when it had drained. */
  private readonly left = new Map<string, readonly Split[]>();

  constructor(
    private readonly context: Pick<CheckerContext, 'store'>,
    private readonly spec: Pick<JobSpec, 'sources'>,
  ) {}

  /** What nobody holds any more was read to its end. */
  at(manifest: CheckpointManifest): Prefix {
    const read = new Map<string, number>();
    for (const [source] of this.spec.sources.entries()) {
      for (const split of this.splitsOf(sourceUid(source), manifest)) {
        const lane = laneOf(split);
        if (lane === null) {
          const what = `checkpoint ${idText(manifest.id)} has a split of ${sourceUid(source)} that is none`;
          throw new Violation('I9', what, { split });
        }
        read.set(`${source}/${lane.next % lane.lanes}`, Math.floor(lane.next / lane.lanes));
      }
    }
    return (source, split) => read.get(`${source}/${split}`) ?? Number.POSITIVE_INFINITY;
  }

  private splitsOf(uid: string, manifest: CheckpointManifest): readonly Split[] {
    const held = splitsOfReaders(this.context.store, manifest, uid);
    const leftBy = (subtask: SubtaskKey): string => `${uid}/${subtask}`;
    for (const { subtask, drained } of manifest.subtasks) {
      const splits = held.get(subtask);
      if (drained && splits !== undefined) this.left.set(leftBy(subtask), splits);
    }
    // Of one that had finished a checkpoint may go on having the list states, and never the splits.
    const rest = manifest.subtasks.filter(({ subtask, drained }) => drained && !held.has(subtask));
    const finished = [...manifest.finished, ...rest.map(({ subtask }) => subtask)];
    const ofFinished = finished.flatMap((subtask) => this.left.get(leftBy(subtask)) ?? []);
    const unassigned = manifest.enumerators.filter((each) => each.uid === uid).flatMap((each) => each.unassigned);
    return [...[...held.values()].flat(), ...ofFinished, ...unassigned];
  }
}
