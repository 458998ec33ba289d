import { describe, expect, it } from 'vitest';
import type { CheckpointCoordinatorMessage } from '../../actors/checkpoint-coordinator/messages.js';
import { failure } from '../../actors/kernel/failure.js';
import { defaultClusterOptions, type Placement } from '../../actors/protocol/deployment.js';
import { actorNames, type CheckpointId, jobRun } from '../../actors/protocol/ids.js';
import { defaultJobOptions, type JobRecord } from '../../actors/protocol/job-graph.js';
import type { EnumeratorSnapshot, Split } from '../../actors/protocol/manifest.js';
import { sourceCoordinatorActor } from '../../actors/source-coordinator/machine.js';
import type { SourceCoordinatorInput, SourceCoordinatorMessage } from '../../actors/source-coordinator/messages.js';
import type { SubtaskMessage } from '../../actors/subtask/messages.js';
import { Driver } from './driver.js';

const run = jobRun(3, 2);
const jobMaster = actorNames.jobMaster('flights');
const checkpointCoordinator = actorNames.checkpointCoordinator('flights');
const first: CheckpointId = { epoch: 3, n: 1 };
const second: CheckpointId = { epoch: 3, n: 2 };
const [a, b] = ['read#0', 'read#1'];
const noted = { type: 'sourceCoordinator.noted', run };

const record: JobRecord = {
  format: 1,
  job: 'flights',
  graph: { name: 'flights', vertices: [], edges: [], options: defaultJobOptions },
  code: 'sha256',
  params: [],
};
const readers: Placement = {
  [a]: { process: 'tm1', incarnation: 'i1', slot: 0 },
  [b]: { process: 'tm2', incarnation: 'i2', slot: 3 },
};
const splits = (...ids: string[]): Split[] => ids.map((id) => ({ id, data: null }));
const input = (restored: EnumeratorSnapshot | null): SourceCoordinatorInput => ({
  record,
  run,
  uid: 'files',
  readers,
  restored,
  options: defaultClusterOptions,
});

/** The coordinator of one source with two readers, and what may happen to it. */
class Source extends Driver {
  constructor(restored: EnumeratorSnapshot | null = null) {
    super(sourceCoordinatorActor, input(restored));
  }

  static knowing(...ids: string[]): Source {
    const source = new Source();
    source.discovers(...ids);
    source.take();
    return source;
  }

  discovers(...ids: string[]) {
    return this.hears({ type: 'source.discovered', uid: 'files', splits: splits(...ids) });
  }

  wants(subtask: string, request: number, ofRun = run) {
    const message: SourceCoordinatorMessage = { type: 'subtask.splitsRequested', run: ofRun, subtask, request };
    return this.ask(message);
  }

  /** The reader takes its assignment; null when the coordinator no longer asks about that one. */
  adds(subtask: string, assignment: number) {
    const added: SourceCoordinatorMessage = { type: 'subtask.splitsAdded', run, subtask, assignment };
    return this.answer(assignSplits(subtask, assignment), added);
  }

  closes(checkpoint: CheckpointId, ofRun = run) {
    return this.hears({ type: 'sourceCoordinator.snapshot', run: ofRun, checkpoint });
  }

  injected(subtask: string, checkpoint: CheckpointId) {
    return this.hears({ type: 'sourceCoordinator.reopen', run, checkpoint, subtask });
  }

  opens(checkpoint: CheckpointId, ofRun = run) {
    return this.hears({ type: 'sourceCoordinator.reopenAll', run: ofRun, checkpoint });
  }

  hears(message: SourceCoordinatorMessage) {
    return this.tell(message);
  }

  /** What is on its way to readers: `read#0/1:x` is split x in the first assignment to read#0. */
  get assigning(): string[] {
    return this.open.map((id) => {
      const { splits, noMore } = this.openAsk(id).message as Assignment;
      return `${id.split('/').slice(2).join('/')}:${noMore ? 'noMore' : splits.map((split) => split.id)}`;
    });
  }

  /** What the checkpoint-coordinator was told: `[1, 'x']` says that in checkpoint 1 nobody had x. */
  get snapshots(): unknown[] {
    return (this.told(checkpointCoordinator) as Snapshotted[]).map(({ checkpoint, snapshot }) => [
      checkpoint.n,
      ...snapshot.unassigned.map(({ id }) => id),
    ]);
  }
}

type Assignment = Extract<SubtaskMessage, { type: 'subtask.assignSplits' }>;
type Snapshotted = Extract<CheckpointCoordinatorMessage, { type: 'sourceCoordinator.snapshotted' }>;

const assignSplits = (subtask: string, assignment: number): string => `assignSplits/${run}/${subtask}/${assignment}`;
const refused = (code: string) => ({ kind: 'refused', code, expected: true });

describe('source-coordinator: learning the splits', () => {
  it('a fresh source: discovers, then says that it is ready', () => {
    const source = new Source();
    expect(source.of('source.discover')).toHaveLength(1);
    expect(source.waitingFor).toEqual(['splits of files']);
    source.discovers('x', 'y');
    expect(source.value).toBe('assigning');
    expect(source.told(jobMaster)).toEqual([{ type: 'sourceCoordinator.ready', run, uid: 'files' }]);
  });

  it('a restored source: goes on with what nobody had, and does not discover', () => {
    // A discovery would bring back the splits that readers had, and their records twice.
    const source = new Source({ uid: 'files', discovered: true, unassigned: splits('z') });
    expect(source.of('source.discover')).toEqual([]);
    source.discovers('x', 'y', 'z');
    expect(source.value).toBe('discovering');
    source.fire('restoredOrDeadline');
    expect(source.told(jobMaster)).toEqual([{ type: 'sourceCoordinator.ready', run, uid: 'files' }]);
    source.wants(a, 1);
    expect(source.assigning).toEqual(['read#0/1:z']);
  });

  it('a checkpoint from before the discovery: discovers', () => {
    const source = new Source({ uid: 'files', discovered: false, unassigned: [] });
    expect(source.of('source.discover')).toHaveLength(1);
  });

  it('a discovery that fails, or never ends: the job-master hears of it', () => {
    const denied = failure('ACCESS', 'user', 'no such folder');
    const failing = new Source();
    failing.hears({ type: 'source.discoveryFailed', uid: 'files', failure: denied });
    expect(failing.done).toBe(true);
    expect(failing.told(jobMaster)).toEqual([{ type: 'sourceCoordinator.failed', run, uid: 'files', failure: denied }]);

    const silent = new Source();
    silent.fire('restoredOrDeadline');
    expect(silent.told(jobMaster)).toMatchObject([
      { type: 'sourceCoordinator.failed', failure: { code: 'DISCOVERY_TIMEOUT' } },
    ]);
  });

  it('requests before the splits are known: too early, and served when they come again', () => {
    const source = new Source();
    expect(source.wants(a, 1)).toEqual(refused('tooEarly'));
    source.discovers('x');
    expect(source.wants(a, 1)).toEqual(noted);
    expect(source.assigning).toEqual(['read#0/1:x']);
  });
});

describe('source-coordinator: assigning', () => {
  it('two readers, three splits: one a request, in order, then no more', () => {
    const source = Source.knowing('x', 'y', 'z');
    source.wants(a, 1);
    source.wants(b, 1);
    expect(source.assigning).toEqual(['read#0/1:x', 'read#1/1:y']);
    expect(source.openAsk(assignSplits(a, 1)).to).toEqual({
      process: 'tm1',
      incarnation: 'i1',
      actor: actorNames.subtask('flights', run, a),
    });
    source.adds(b, 1);
    source.adds(a, 1);
    source.wants(b, 2);
    source.wants(a, 2);
    expect(source.assigning).toEqual(['read#1/2:z', 'read#0/2:noMore']);
    source.adds(b, 2);
    source.wants(b, 3);
    expect(source.assigning).toEqual(['read#0/2:noMore', 'read#1/3:noMore']);
  });

  it('a request that is repeated: noted again, served once', () => {
    const source = Source.knowing('x', 'y');
    expect([source.wants(a, 1), source.wants(a, 1)]).toEqual([noted, noted]);
    source.adds(a, 1);
    expect(source.wants(a, 1)).toEqual(noted);
    expect(source.assigning).toEqual([]);
  });

  it('a request that overtakes the answer to the assignment before: served after that answer', () => {
    const source = Source.knowing('x', 'y');
    source.wants(a, 1);
    expect(source.wants(a, 2)).toEqual(noted);
    expect(source.assigning).toEqual(['read#0/1:x']);
    source.adds(a, 1);
    expect(source.assigning).toEqual(['read#0/2:y']);
  });

  it('what comes from another run, another assignment or a stranger: refused, changes nothing', () => {
    const source = Source.knowing('x');
    source.wants(a, 1);
    const before = source.context;
    const added = { type: 'subtask.splitsAdded', run, subtask: a, assignment: 1 } as const;
    expect(source.wants(a, 2, run - 1)).toEqual(refused('staleRun'));
    expect(source.hears({ ...added, run: run - 1 })).toEqual(refused('staleRun'));
    expect(source.hears({ ...added, assignment: 0 })).toEqual(refused('staleAssignment'));
    expect(source.wants('read#7', 1)).toEqual({ ...refused('unknownReader'), expected: false });
    expect(source.hears({ ...added, subtask: 'read#7' })).toEqual({ ...refused('unknownReader'), expected: false });
    expect(source.context).toEqual(before);
  });

  it('a reader that never takes its splits, or is gone: the job-master hears of it', () => {
    for (const [event, code] of [
      ['expire', 'ASSIGNMENT_TIMEOUT'],
      ['absent', 'READER_ABSENT'],
    ] as const) {
      const source = Source.knowing('x', 'y');
      source.wants(a, 1);
      source.wants(b, 1);
      source[event](assignSplits(a, 1));
      expect(source.done).toBe(true);
      expect(source.told(jobMaster)).toMatchObject([{ type: 'sourceCoordinator.failed', run, failure: { code } }]);
      expect(source.open).toEqual([]);
    }
  });

  it('news of a question that is settled, or of a process that is away for a moment: nothing happens', () => {
    const source = Source.knowing('x');
    source.wants(a, 1);
    expect(source.unreachable(assignSplits(a, 1))).toMatchObject({ kind: 'ignored' });
    source.adds(a, 1);
    const to = { process: 'tm1', incarnation: 'i1', actor: actorNames.subtask('flights', run, a) };
    expect(source.hears({ type: 'ask.expired', id: assignSplits(a, 1), to })).toMatchObject({ kind: 'ignored' });
    expect(source.hears({ type: 'ask.absent', id: 'assignSplits/7/read#0/1', to })).toMatchObject({ kind: 'ignored' });
    expect(source.value).toBe('assigning');
  });
});

describe('source-coordinator: the valve (race 6)', () => {
  it('nothing on its way: the snapshot is taken at once', () => {
    const source = Source.knowing('x', 'y');
    source.closes(first);
    expect(source.snapshots).toEqual([[1, 'x', 'y']]);
    expect(source.value).toBe('snapshotting');
    expect(source.waitingFor).toEqual([a, b]);
  });

  it('assignments on their way: the snapshot waits until each is in its reader', () => {
    // Else a split could be in the snapshot of neither: gone from the source and not yet in the reader.
    const source = Source.knowing('x', 'y', 'z');
    source.wants(a, 1);
    source.wants(b, 1);
    source.closes(first);
    source.adds(a, 1);
    expect(source.snapshots).toEqual([]);
    expect(source.waitingFor).toEqual([b]);
    source.adds(b, 1);
    expect(source.snapshots).toEqual([[1, 'z']]);
  });

  it('a request while the valve is closed: served after the barrier of that reader, not before', () => {
    // Else a split could be in both snapshots: still in that of the source, and in the reader before its barrier.
    const source = Source.knowing('x', 'y');
    source.closes(first);
    expect([source.wants(a, 1), source.wants(b, 1)]).toEqual([noted, noted]);
    expect(source.assigning).toEqual([]);
    source.injected(a, first);
    expect(source.assigning).toEqual(['read#0/1:x']);
    source.opens(first);
    expect(source.value).toBe('assigning');
    expect(source.assigning).toEqual(['read#0/1:x', 'read#1/1:y']);
  });

  it('a checkpoint given up before the snapshot: the valve opens, and no snapshot is told later', () => {
    const source = Source.knowing('x', 'y');
    source.wants(a, 1);
    source.closes(first);
    source.wants(b, 1);
    source.opens(first);
    expect(source.assigning).toEqual(['read#0/1:x', 'read#1/1:y']);
    source.adds(a, 1);
    source.adds(b, 1);
    expect(source.snapshots).toEqual([]);
  });

  it('a checkpoint begins while the valve is closed for an older one: the newer one counts', () => {
    const source = Source.knowing('x', 'y', 'z');
    source.wants(a, 1);
    source.closes(first);
    source.closes(second);
    expect(source.injected(a, first)).toEqual(refused('staleCheckpoint'));
    expect(source.injected(a, second)).toEqual(refused('tooEarly'));
    expect(source.opens(first)).toEqual(refused('staleCheckpoint'));
    source.adds(a, 1);
    expect(source.snapshots).toEqual([[2, 'y', 'z']]);
    expect(source.closes(first)).toEqual(refused('staleCheckpoint'));
    source.opens(second);
    expect(source.value).toBe('assigning');
  });

  it('what a coordinator of another run says: refused, the valve stays as it is', () => {
    const source = Source.knowing('x');
    expect(source.closes(first, run - 1)).toEqual(refused('staleRun'));
    expect(source.value).toBe('assigning');
    source.closes(first);
    expect(source.opens(first, run - 1)).toEqual(refused('staleRun'));
    expect(source.hears({ type: 'sourceCoordinator.reopen', run: run - 1, checkpoint: first, subtask: a })).toEqual(
      refused('staleRun'),
    );
    expect(source.value).toBe('snapshotting');
  });

  it('an assignment that is never acknowledged: the checkpoint is not held open for ever', () => {
    const source = Source.knowing('x');
    source.wants(a, 1);
    source.closes(first);
    source.expire(assignSplits(a, 1));
    expect(source.snapshots).toEqual([]);
    expect(source.told(jobMaster)).toMatchObject([{ type: 'sourceCoordinator.failed' }]);
  });
});
