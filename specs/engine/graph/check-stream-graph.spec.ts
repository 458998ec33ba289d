import { describe, expect, it } from 'vitest';
import { CollectionSource } from '../../../src/api/collection-source.js';
import { checkStreamGraph } from '../../../src/graph/check-stream-graph.js';
import { by, sink, streamGraph } from './stream-graphs.js';

describe('checkStreamGraph', () => {
  it('finds nothing in a job that is right', () => {
    expect(checkStreamGraph(streamGraph([{ kind: 'source', stateful: true }, {}, sink]))).toBeNull();
  });

  it('names both operators that have one uid, and where they are written', () => {
    const graph = streamGraph([{ operation: 'file', uid: 'a', name: 'a' }, {}, { ...sink, uid: 'a', name: 'out' }]);
    expect(checkStreamGraph(graph)).toMatchObject({
      code: 'UID_DUPLICATE',
      retry: 'never',
      message:
        "Two operators have the uid 'a': file 'a' at job.ts:1:1 and print 'out' at job.ts:3:1. " +
        'A uid names the state of one operator; give one of them another uid.',
    });
  });

  it('says what to add where a uid is missing, for all that miss one', () => {
    const nameless = { stateful: true, uidGiven: false } as const;
    const one = streamGraph([{}, { ...nameless, operation: 'reduce', name: 'reduce' }, sink]);
    expect(checkStreamGraph(one)).toMatchObject({ code: 'UID_MISSING' });
    expect(checkStreamGraph(one)?.message).toBe(
      "Operator reduce at job.ts:2:1 keeps state but has no uid. Add .uid('my-reduce') after it. " +
        'The uid names the state, so that the next version of the job finds it again; ' +
        'if none ever needs it, call env.allowGeneratedUids().',
    );
    const two = streamGraph([nameless, { ...nameless, operation: 'reduce' }, sink]);
    expect(checkStreamGraph(two)?.message).toContain('2 operators keep state but have no uid: map');
    expect(checkStreamGraph({ ...two, generatedUidsAllowed: true })).toBeNull();
  });

  it('refuses a slot sharing group whose name could not stand in a line', () => {
    const graph = streamGraph([{ slotSharingGroup: 'a b' }, sink]);
    expect(checkStreamGraph(graph)).toMatchObject({ code: 'SLOT_SHARING_GROUP_INVALID', retry: 'never' });
    expect(checkStreamGraph(graph)?.message).toContain("is in the slot sharing group 'a b'");
  });

  it('refuses a uid that could not stand in names and files', () => {
    for (const uid of ['', 'a/b', '-a', 'a b', 'ü', 'a'.repeat(101)]) {
      expect(checkStreamGraph(streamGraph([{ uid }, sink])), uid).toMatchObject({ code: 'UID_INVALID' });
    }
  });

  it('refuses a parallelism that is out of range or above the max parallelism', () => {
    for (const parallelism of [0, -1, 1.5, Number.NaN, 32_769]) {
      const failure = checkStreamGraph(streamGraph([{ parallelism }, { ...sink, parallelism }]));
      expect(failure, String(parallelism)).toMatchObject({ code: 'PARALLELISM_RANGE' });
      expect(failure?.message).toContain(`has parallelism ${parallelism}. Set a whole number from 1 to 32768.`);
    }
    const above = checkStreamGraph(streamGraph([{ parallelism: 4, maxParallelism: 2 }, sink]));
    expect(above?.message).toContain('has parallelism 4, which is above its max parallelism 2');
    expect(checkStreamGraph(streamGraph([{ maxParallelism: 0 }, sink]))?.message).toContain('has max parallelism 0');
  });

  it('refuses forward between different parallelism', () => {
    const failure = checkStreamGraph(streamGraph([{ parallelism: 2 }, { ...sink, inputs: [by('forward', 1)] }]));
    expect(failure).toMatchObject({ code: 'FORWARD_PARALLELISM' });
    expect(failure?.message).toContain("leads from map 'op-1' at job.ts:1:1 with parallelism 2 to print 'op-2'");
  });

  it('refuses an alignment that does not stand in one chain with a source', () => {
    const alignment = { group: 'g', maxDriftMs: 5, updateIntervalMs: 100 };
    const create = (): never => expect.fail('nothing runs');
    const aligned = { code: { kind: 'stage', stage: { kind: 'operator', create, key: null, alignment } } } as const;
    const source = { kind: 'source', code: { kind: 'source', source: new CollectionSource([]) } } as const;
    expect(checkStreamGraph(streamGraph([source, aligned, sink]))).toBeNull();
    expect(checkStreamGraph(streamGraph([source, {}, aligned, sink]))).toBeNull();
    const behindShuffle = streamGraph([source, { ...aligned, inputs: [by('rebalance', 1)] }, sink]);
    expect(checkStreamGraph(behindShuffle)).toMatchObject({ code: 'ALIGNMENT_WITHOUT_SOURCE', retry: 'never' });
    expect(checkStreamGraph(behindShuffle)?.message).toContain(
      "of map 'op-2' at job.ts:2:1 is withAlignment, and does not stand in one chain",
    );
    // The second of two strategies gets nothing from the source itself.
    expect(checkStreamGraph(streamGraph([source, aligned, aligned, sink]))).toMatchObject({
      code: 'ALIGNMENT_WITHOUT_SOURCE',
    });
    const twoReaders = streamGraph([source, aligned, sink, { ...sink, inputs: [1] }]);
    expect(checkStreamGraph(twoReaders)).toMatchObject({ code: 'ALIGNMENT_WITHOUT_SOURCE' });
  });

  it('refuses a job without a sink, and an empty one', () => {
    expect(checkStreamGraph(streamGraph([{}, {}]))).toMatchObject({ code: 'JOB_EMPTY' });
    expect(checkStreamGraph(streamGraph([]))?.message).toContain("Job 'job' has no sink");
  });
});
