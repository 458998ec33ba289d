import { describe, expect, it } from 'vitest';
import type { CheckpointCoordinatorInput } from '../../actors/checkpoint-coordinator/messages.js';
import { finishedSubtasks } from '../../actors/job-master/restore.js';
import type { RestorePlan } from '../../actors/protocol/deployment.js';
import type { JobGraph, JobVertex } from '../../actors/protocol/job-graph.js';
import type { CheckpointManifest, OperatorStateKind } from '../../actors/protocol/manifest.js';
import type { SourceCoordinatorInput } from '../../actors/source-coordinator/messages.js';
import { checkpointed, graphWith, JobStage, manifest, slotA, slotB, snapshot } from './job-master-stage.js';

const id = { epoch: 1, n: 1 };

/** The plans that the subtasks are asked to load. */
function plansFrom(latest: CheckpointManifest): Record<string, RestorePlan> {
  const stage = new JobStage({ log: [checkpointed(latest)] }).until('restoringState');
  return Object.fromEntries(
    stage
      .wanted('ask')
      .map(({ id: ask, message }) => [
        ask.split('/').slice(2).join('/'),
        (message as unknown as { plan: RestorePlan }).plan,
      ]),
  );
}

const groupsOf = (plan: RestorePlan | undefined, uid: string): number[] =>
  (plan?.operators ?? [])
    .filter((operator) => operator.uid === uid)
    .flatMap((operator) => operator.keyGroups.map(({ keyGroup }) => keyGroup))
    .sort((a, b) => a - b);
const listsOf = (plan: RestorePlan | undefined, uid: string): string[] =>
  (plan?.operators ?? [])
    .filter((operator) => operator.uid === uid)
    .flatMap((operator) => (operator.operatorState === null ? [] : [operator.operatorState.blob.name]));

describe('job-master: what each subtask loads', () => {
  it('a first run: nothing', () => {
    const stage = new JobStage().until('deploying');
    expect(stage.wanted('ask').map(({ message }) => message)).toEqual(
      Array(4).fill({ type: 'subtask.restore', run: stage.run, plan: { from: null, operators: [], finished: false } }),
    );
  });

  it('at the same parallelism: what the subtask of the same index wrote', () => {
    const plans = plansFrom(
      manifest(id, {
        'v1#0': [snapshot('read', { list: 'read-0' })],
        'v1#1': [snapshot('read', { list: 'read-1' })],
        'v2#0': [snapshot('count', { keyGroups: [0, 63] }), snapshot('write', { list: 'write-0' })],
        'v2#1': [snapshot('count', { keyGroups: [64, 127] }), snapshot('write')],
      }),
    );
    expect(plans['v1#1']).toEqual({ from: id, finished: false, operators: [snapshot('read', { list: 'read-1' })] });
    expect(plans['v2#0']?.operators).toEqual([
      snapshot('count', { keyGroups: [0, 63] }),
      snapshot('write', { list: 'write-0' }),
    ]);
    expect(plans['v2#1']?.operators).toEqual([snapshot('count', { keyGroups: [64, 127] })]);
  });

  it('at another parallelism: each key group and each piece of operator state has one owner', () => {
    const parts = Object.fromEntries(
      [0, 1, 2].map((index) => [
        `v2#${index}`,
        [
          snapshot('count', { keyGroups: [index * 43, index * 43 + 41] }),
          snapshot('write', { list: `write-${index}` }),
        ],
      ]),
    );
    const plans = plansFrom(manifest(id, parts, { drained: ['v2#0'], finished: ['v1#0'] }));
    expect(groupsOf(plans['v2#0'], 'count')).toEqual([0, 41, 43]);
    expect(groupsOf(plans['v2#1'], 'count')).toEqual([84, 86, 127]);
    expect(listsOf(plans['v2#0'], 'write')).toEqual(['write-0', 'write-2']);
    expect(listsOf(plans['v2#1'], 'write')).toEqual(['write-1']);
    // All readers were over, so all are again. Of the others one was drained, and none is one of those of before.
    expect(Object.values(plans).map(({ finished }) => finished)).toEqual([true, true, false, false]);
  });

  it('a job that begins with a savepoint: only a vertex is over whose subtasks all were, and which nothing can come to', () => {
    const parts = { 'v2#0': [], 'v2#1': [], 'v2#2': [] };
    const drained = Object.keys(parts);
    const over = (from: Parameters<typeof manifest>[2]): readonly boolean[] =>
      Object.values(plansFrom(manifest({ epoch: 0, n: 0 }, parts, from))).map(({ finished }) => finished);
    expect(over({ drained, finished: ['v1#0'] })).toEqual([true, true, true, true]);
    expect(over({ drained: ['v2#0'], finished: ['v1#0'] })).toEqual([true, true, false, false]);
    expect(over({ drained })).toEqual([false, false, false, false]);
  });

  it('operator state that is shared out goes to everyone: a union always, a split when the parallelism changes', () => {
    const shared = (index: number, kind: OperatorStateKind) => ({
      ...snapshot('write', { list: `write-${index}` }),
      serializers: [{ state: 'operator', kind, serializer: 'msgpack', version: 1 }],
    });
    const lists = (kind: OperatorStateKind, parallelism: number): string[][] => {
      const parts = Array.from({ length: parallelism }, (_, index) => [`v2#${index}`, [shared(index, kind)]] as const);
      const plans = plansFrom(manifest(id, Object.fromEntries(parts)));
      return [0, 1].map((index) => listsOf(plans[`v2#${index}`], 'write'));
    };
    const all = ['write-0', 'write-1', 'write-2'];
    expect(lists('operatorList', 3)).toEqual([['write-0', 'write-2'], ['write-1']]);
    expect(lists('operatorSplit', 2)).toEqual([['write-0'], ['write-1']]);
    expect(lists('operatorSplit', 3)).toEqual([all, all]);
    expect(lists('operatorTime', 2)).toEqual([['write-0'], ['write-1']]);
    expect(lists('operatorTime', 3)).toEqual([all, all]);
    expect(lists('operatorUnion', 2)).toEqual([all.slice(0, 2), all.slice(0, 2)]);
  });

  it.each([
    [1, ['copy-0'], ['copy-0']],
    [2, ['copy-0'], ['copy-1']],
    [3, ['copy-0'], ['copy-1']],
  ])('copies of broadcast state, of %i subtasks before: each gets one, in turn', (before, first, second) => {
    const copyOf = (index: number) => ({
      ...snapshot('count', { keyGroups: [index], list: `copy-${index}` }),
      serializers: [{ state: 'operator', kind: 'operatorCopy', serializer: 'plain', version: 1 } as const],
    });
    const parts = Array.from({ length: before }, (_, index) => [`v2#${index}`, [copyOf(index)]] as const);
    const plans = plansFrom(manifest(id, Object.fromEntries(parts)));
    expect([listsOf(plans['v2#0'], 'count'), listsOf(plans['v2#1'], 'count')]).toEqual([first, second]);
    const groups = Array.from({ length: before }, (_, index) => index);
    expect([...groupsOf(plans['v2#0'], 'count'), ...groupsOf(plans['v2#1'], 'count')]).toEqual(groups);
  });

  it('a finished vertex is not begun again, and one that had drained only commits', () => {
    const latest = manifest(
      id,
      { 'v1#1': [], 'v2#0': [snapshot('write', { list: 'committable' })], 'v2#1': [] },
      { finished: ['v1#0'], drained: ['v1#1', 'v2#0'] },
    );
    const plans = plansFrom(latest);
    expect(Object.entries(plans).map(([key, { finished }]) => [key, finished])).toEqual([
      ['v1#0', true],
      ['v1#1', true],
      ['v2#0', true],
      ['v2#1', false],
    ]);
    expect(listsOf(plans['v2#0'], 'write')).toEqual(['committable']);
  });
});

describe('job-master: who had finished, at another parallelism', () => {
  const edge = { id: 'e', from: 'a', to: 'b', partitioner: 'rescale', input: 0, side: null } as const;
  const graphAt = (a: number, b: number): JobGraph => {
    const [one, other] = graphWith().vertices as [JobVertex, JobVertex];
    return {
      ...graphWith(),
      vertices: [
        { ...one, id: 'a', parallelism: a },
        { ...other, id: 'b', parallelism: b },
      ],
      edges: [edge],
    };
  };
  const finishedOf = (graph: JobGraph, finished: readonly string[], others: readonly string[]): readonly string[] =>
    finishedSubtasks(
      graph,
      manifest(id, Object.fromEntries(others.map((key) => [key, []])), { finished: [...finished] }),
    );

  it('nobody in a vertex of which some ran on, and nobody behind it: others send there now', () => {
    const some = [
      ['a#0', 'b#0'],
      ['a#1', 'b#1'],
    ] as const;
    expect(finishedOf(graphAt(2, 2), ...some)).toEqual(['a#0', 'b#0']);
    expect(finishedOf(graphAt(4, 2), ...some)).toEqual([]);
    expect(finishedOf(graphAt(2, 4), ...some)).toEqual(['a#0']);
  });

  it('everybody in a vertex of which nobody ran on, and who had finished behind it: nothing comes there any more', () => {
    expect(finishedOf(graphAt(3, 2), ['a#0', 'a#1', 'b#0'], ['b#1'])).toEqual(['a#0', 'a#1', 'a#2', 'b#0']);
  });
});

describe('job-master: what the coordinators are given', () => {
  const latest = manifest(
    id,
    { 'v1#1': [], 'v2#0': [], 'v2#1': [] },
    { finished: ['v1#0'], drained: [], enumerators: [{ uid: 'read', discovered: true, unassigned: [] }] },
  );

  it('of a source: the readers that are left, and what was unassigned', () => {
    const stage = new JobStage({ log: [checkpointed(latest)] }).until('rewindingSources');
    const [start] = stage.wanted('actor.start');
    expect(start).toMatchObject({ role: 'source-coordinator', actor: 'source-coordinator/flights/read' });
    const input = start?.input as SourceCoordinatorInput;
    expect(input).toMatchObject({ run: stage.run, uid: 'read', readers: { 'v1#1': slotB } });
    expect(Object.keys(input.readers)).toEqual(['v1#1']);
    expect(input.restored).toEqual({ uid: 'read', discovered: true, unassigned: [] });
  });

  it('of checkpoints: the base, the next entry, and the subtasks that have nothing more to do', () => {
    const stage = new JobStage({ log: [checkpointed(latest)] }).until('running');
    const [start] = stage.wanted('actor.start');
    expect(start).toMatchObject({ role: 'checkpoint-coordinator', actor: 'checkpoint-coordinator/flights' });
    expect(start?.input as CheckpointCoordinatorInput).toMatchObject({
      job: 'flights',
      run: stage.run,
      nextIndex: 2,
      latest,
      finished: ['v1#0'],
      placement: { 'v1#0': slotA, 'v1#1': slotB, 'v2#0': slotA, 'v2#1': slotB },
    });
    // It is there before a subtask that has nothing to read reports to it.
    expect(stage.fresh.map(({ kind }) => kind).filter((kind) => kind !== 'timer.stop')).toEqual([
      'actor.start',
      'ask',
      'ask',
      'ask',
      'ask',
    ]);
  });
});
