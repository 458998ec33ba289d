import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { CheckerContext } from '../checker.js';
import { Violation } from '../checker.js';
import { type Expected, type JobSpec, type KeyTotals, stageUid } from '../jobs/index.js';
import { type CountedEntry, countedName } from '../jobs/operator-state.js';
import { idText } from './log-entries.js';
import { listEntriesOf, operatorItemsBySubtask } from './manifest-state.js';

/**
 * Operator state in a consistent cut. The counts in the list states of all subtasks, of those too that have finished while others have not, add up to what
 * has come to the stage; and the broadcast state of every subtask that has not finished is all that has been broadcast.
 */
export function checkOperatorState(
  { store, record: { graph } }: Pick<CheckerContext, 'store' | 'record'>,
  { stages }: JobSpec,
  manifest: CheckpointManifest,
  seen: Expected['seen'],
): void {
  for (const [index, { kind }] of stages.entries()) {
    if (kind !== 'hold' && kind !== 'notes') continue;
    const uid = stageUid(index);
    const vertex = graph.vertices.find(({ operators }) => operators.some((each) => each.uid === uid))?.id;
    const running = manifest.subtasks.filter(({ subtask, drained }) => subtask.startsWith(`${vertex}#`) && !drained);
    const expected = seen.get(index) as ReadonlyMap<string, KeyTotals>;
    if (running.length === 0) continue;
    if (kind === 'hold') {
      const found = total(listEntriesOf(store, manifest, uid, countedName) as readonly CountedEntry[]);
      compare(manifest, uid, total([...expected.values()]), found);
      continue;
    }
    const items = operatorItemsBySubtask(store, manifest, uid);
    const should = [...expected].flatMap(([id, { count }]) => (count > 0 ? [id] : []));
    for (const { subtask } of running) {
      const notes = (items.get(subtask) ?? []) as readonly (readonly [state: string, id: string, value: number])[];
      const ids = notes.map(([, id]) => id);
      compare(manifest, `${uid} in ${subtask}`, should.sort(), ids.sort());
    }
  }
}

const total = (all: readonly KeyTotals[]): KeyTotals =>
  all.reduce<KeyTotals>((sums, { count, sum }) => ({ count: sums.count + count, sum: sums.sum + sum }), {
    count: 0,
    sum: 0,
  });

function compare(manifest: CheckpointManifest, where: string, expected: unknown, found: unknown): void {
  if (JSON.stringify(expected) === JSON.stringify(found)) return;
  throw new Violation(
    'I9',
    `checkpoint ${idText(manifest.id)} has another operator state of ${where} than its positions give`,
    { expected, found },
  );
}
