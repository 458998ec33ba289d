import { describe, expect, it } from 'vitest';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import { originProblem } from '../../actors/dispatcher/origin.js';
import type { AnyMessage, AskRef } from '../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { failure } from '../../actors/protocol/failure.js';
import type { JobRecord, OperatorNode } from '../../actors/protocol/job-graph.js';
import type { CheckpointManifest } from '../../actors/protocol/manifest.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { base, Checkpoints, checkpoint, everyone, run, triggerOf } from './checkpoints.js';
import { Driver } from './driver.js';
import { graphWith, JobStage, recordOf } from './job-master-stage.js';

const client: AskRef = { id: 'saving', from: { process: 'cli', incarnation: 'c1', actor: 'client' } };
const wish = { name: 'kept', request: 'r1' };
const stop = { ...wish, drain: false };
const wants = { type: 'checkpointCoordinator.savepoint', ask: client, wish, stopping: false } as const;
const blob = (n: number): string => `savepoints/kept/${run}/3-${checkpoint(n).n}/count-0`;
const key = 'savepoints/kept/manifest';
const answersOf = (driver: Driver): readonly AnyMessage[] => driver.of('answer').map(({ message }) => message);

/** All parts are durable, and everybody has committed. */
function collects(coordinator: Checkpoints, n: number, blobs: readonly string[] = []): void {
  coordinator.sourceClosed(n);
  for (const each of everyone) coordinator.acknowledges(each, n, { blobs: each === 'count#0' ? blobs : [] });
}

function covered(coordinator: Checkpoints): void {
  coordinator.hears(wants);
  coordinator.due();
  collects(coordinator, 1, [blob(1)]);
  collects(coordinator, 2);
  coordinator.created();
  for (const each of everyone) coordinator.commits(each, 2);
}

describe('savepoint: the checkpoint-coordinator', () => {
  it('takes it at once, then the checkpoint that covers it, and shows it when that is committed', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    expect(coordinator.running).toEqual({ 'checkpoint.due': 0 });
    coordinator.due();
    coordinator.sourceClosed(1);
    const mark = { name: 'kept', suspends: false };
    expect(coordinator.openAsk(triggerOf('read#0', 1)).message).toMatchObject({ savepoint: mark });
    for (const each of everyone) coordinator.acknowledges(each, 1, { blobs: each === 'count#0' ? [blob(1)] : [] });
    expect([coordinator.value, coordinator.of('record.create')]).toEqual(['triggering', []]);
    coordinator.sourceClosed(2);
    expect(coordinator.openAsk(triggerOf('read#0', 2)).message).not.toHaveProperty('savepoint');
    for (const each of everyone) coordinator.acknowledges(each, 2);
    coordinator.created();
    for (const each of everyone) coordinator.commits(each, 2);
    expect([coordinator.value, coordinator.waitingFor, answersOf(coordinator).at(-1)?.type]).toEqual([
      'publishing',
      [key],
      'checkpointCoordinator.noted',
    ]);
    const manifest = coordinator.of('record.create').at(-1)?.record as SavepointManifest;
    expect(manifest).toMatchObject({ name: 'kept', request: 'r1', job: 'flights', checkpoint: { id: checkpoint(1) } });
    coordinator.tell({ type: 'record.created', request: key } as AnyMessage);
    expect(answersOf(coordinator).at(-1)).toEqual({
      type: 'savepoint.completed',
      job: 'flights',
      name: 'kept',
      bytes: 1,
    });
    expect([coordinator.value, coordinator.of('blobs.delete')]).toEqual(['idle', []]);
  });

  it('a repetition says where to answer; another one comes again; one that cannot be taken leaves nothing and counts for nothing', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    const again = { ...client, id: 'again' };
    expect(coordinator.hears({ ...wants, ask: again })).toEqual({ kind: 'taken' });
    expect(coordinator.hears({ ...wants, wish: { ...wish, name: 'other' } })).toMatchObject({
      code: 'busy',
      expected: true,
    });
    coordinator.due();
    coordinator.sourceClosed(1);
    coordinator.acknowledges('count#0', 1, { blobs: [blob(1)] });
    coordinator.declines('read#0', 1);
    coordinator.abortAll(1);
    const [rejected] = coordinator.of('answer').filter(({ ask }) => ask.id === 'again');
    expect(rejected?.message).toMatchObject({ type: 'job.rejected', failure: { code: 'SAVEPOINT_FAILED' } });
    expect(coordinator.of('blobs.delete').flatMap(({ names }) => names)).toEqual([blob(1), 'savepoints/kept/owner']);
    expect(coordinator.value).toBe('idle');
  });

  it('the checkpoint that was to cover it fails: it is none, and what was written goes', () => {
    const coordinator = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    coordinator.hears(wants);
    coordinator.due();
    collects(coordinator, 1, [blob(1)]);
    coordinator.sourceClosed(2);
    coordinator.declines('read#0', 2);
    coordinator.abortAll(2);
    expect(answersOf(coordinator).at(-1)).toMatchObject({ type: 'job.rejected' });
    expect(coordinator.of('blobs.delete').at(-1)?.names).toEqual([blob(1), 'savepoints/kept/owner']);
  });

  it('nobody can tell whether it is shown: nothing is deleted and nobody answered; refused for good, the client hears why', () => {
    const silent = new Checkpoints();
    covered(silent);
    silent.take();
    for (let tries = 0; tries < 5; tries += 1) silent.tell({ type: 'record.unknown', request: key } as AnyMessage);
    expect([silent.value, answersOf(silent), silent.of('blobs.delete')]).toEqual(['idle', [], []]);
    const refusing = new Checkpoints();
    covered(refusing);
    const why = failure('STORE_FULL', 'infrastructure', 'no room');
    refusing.tell({ type: 'record.failed', request: key, failure: why } as AnyMessage);
    expect(answersOf(refusing).at(-1)).toEqual({ type: 'job.rejected', job: 'flights', failure: why });
    expect([refusing.value, refusing.of('blobs.delete').at(-1)?.names]).toEqual([
      'idle',
      [blob(1), 'savepoints/kept/owner'],
    ]);
  });

  it('with one the job ends: it is the last checkpoint, is committed, shown, and then the job is told', () => {
    const coordinator = new Checkpoints({ stop });
    coordinator.due();
    coordinator.sourceClosed(1);
    const mark = { name: 'kept', suspends: true };
    expect(coordinator.openAsk(triggerOf('read#0', 1)).message).toMatchObject({ savepoint: mark });
    for (const each of everyone) coordinator.acknowledges(each, 1);
    expect(coordinator.entry.checkpoint.stops).toEqual(stop);
    coordinator.created();
    for (const each of everyone) coordinator.commits(each, 1, true);
    expect(coordinator.value).toBe('publishing');
    expect(coordinator.of('record.create').at(-1)?.record).not.toHaveProperty('checkpoint.stops');
    coordinator.tell({ type: 'record.created', request: key } as AnyMessage);
    expect(coordinator.told('job-master/flights')).toEqual([
      { type: 'checkpointCoordinator.allFinished', run, savepoint: 'kept' },
    ]);
  });

  it('drained, it waits for the last record, and takes no other checkpoint meanwhile', () => {
    const coordinator = new Checkpoints({ stop: { ...stop, drain: true } });
    expect(coordinator.running).toEqual({});
    for (const each of everyone) coordinator.drains(each);
    expect(coordinator.value).toBe('triggering');
  });

  it('a run that goes on from the last one has only to show it', () => {
    const latest = { ...base(checkpoint(-5)), stops: stop };
    const coordinator = new Checkpoints({ latest, finished: everyone });
    coordinator.due();
    expect([coordinator.value, coordinator.waitingFor]).toEqual(['publishing', [key]]);
    coordinator.tell({ type: 'record.exists', request: key, record: { request: 'r1' } } as AnyMessage);
    expect(coordinator.told('job-master/flights')).toMatchObject([{ savepoint: 'kept' }]);
  });
});

describe('savepoint: the dispatcher', () => {
  /** One that serves, with one job that runs. */
  function serving(): Driver {
    const input = { epoch: 7, process: 'jm', incarnation: 'jm-1', options: defaultClusterOptions };
    const driver = new Driver(dispatcherActor, input);
    const record = recordOf(graphWith());
    driver.tell({
      type: 'record.listed',
      request: driver.of('record.list')[0]?.request,
      keys: ['jobs/flights/record'],
    } as AnyMessage);
    driver.tell({ type: 'record.missing', request: driver.of('record.read').at(-1)?.request } as AnyMessage);
    driver.tell({ type: 'record.read', request: driver.of('record.read').at(-1)?.request, record } as AnyMessage);
    driver.take();
    return driver;
  }
  const says = (driver: Driver, type: string, more: object = {}): void => {
    const [asked] = driver
      .take()
      .filter((effect) => 'request' in effect)
      .slice(-1);
    driver.tell({
      type,
      request: asked !== undefined && 'request' in asked ? asked.request : '',
      ...more,
    } as AnyMessage);
  };
  const save = (driver: Driver): unknown =>
    driver.ask({ type: 'dispatcher.savepointJob', job: 'flights', wish } as AnyMessage, 'q');

  it('keeps the name for this request, looks whether it is there already, and passes the question on', () => {
    const driver = serving();
    save(driver);
    expect(driver.of('record.create')).toMatchObject([
      { key: 'savepoints/kept/owner', record: { job: 'flights', request: 'r1' } },
    ]);
    expect(save(driver)).toMatchObject({ code: 'tooEarly' });
    says(driver, 'record.created');
    says(driver, 'record.missing');
    expect(driver.told('job-master/flights')).toMatchObject([{ type: 'jobMaster.savepoint', wish }]);
  });

  it('one of another request is refused; one of this request is the answer', () => {
    const driver = serving();
    save(driver);
    says(driver, 'record.exists', { record: { request: 'r2' } });
    expect(driver.of('answer')).toMatchObject([
      { message: { type: 'job.rejected', failure: { code: 'SAVEPOINT_EXISTS' } } },
    ]);
    save(driver);
    says(driver, 'record.exists', { record: { request: 'r1' } });
    const manifest = {
      format: 1,
      name: 'kept',
      request: 'r1',
      job: 'flights',
      graph: graphWith(),
      checkpoint: base(checkpoint(1)),
    };
    says(driver, 'record.read', { record: manifest });
    expect(driver.of('answer')).toMatchObject([{ message: { type: 'savepoint.completed', name: 'kept', bytes: 0 } }]);
  });

  it('a wish to stop with one is durable, names it, and is the first that counts', () => {
    const driver = serving();
    const ask = (): unknown =>
      driver.ask({ type: 'dispatcher.stopWithSavepoint', job: 'flights', stop } as AnyMessage, 'q');
    ask();
    says(driver, 'record.created');
    says(driver, 'record.missing');
    expect(driver.of('record.create')).toMatchObject([{ key: 'jobs/flights/stop', record: { savepoint: stop } }]);
    says(driver, 'record.created');
    says(driver, 'record.listed', { keys: ['epochs/00000007'] });
    expect(driver.told('job-master/flights')).toEqual([{ type: 'jobMaster.stopWithSavepoint', stop }]);
    ask();
    says(driver, 'record.created');
    says(driver, 'record.missing');
    says(driver, 'record.exists', { record: { format: 1, job: 'flights' } });
    expect(driver.of('answer')).toMatchObject([{ message: { failure: { code: 'JOB_STOPPING' } } }]);
    expect(driver.of('blobs.delete')).toMatchObject([{ names: ['savepoints/kept/owner'] }]);
  });
});

describe('savepoint: a job to begin with it', () => {
  const range = { blob: { name: 'b', bytes: 1, checksum: '0' }, offset: 0, bytes: 1 };
  const state = { serializers: [], keyGroups: [], operatorState: range };
  const saved = (uid: string, more: Partial<CheckpointManifest> = {}): SavepointManifest => ({
    format: 1,
    name: 'kept',
    request: 'r1',
    job: 'flights',
    graph: graphWith(),
    checkpoint: {
      ...base(checkpoint(1)),
      subtasks: [{ subtask: 'v2#0', drained: false, operators: [{ uid, ...state }] }],
      ...more,
    },
  });
  /** The job in which the operators of this uid are others. */
  const jobWith = (uid: string, change: Partial<OperatorNode>, allowDroppedState = false): JobRecord => {
    const graph = graphWith();
    const vertices = graph.vertices.map((vertex) => ({
      ...vertex,
      operators: vertex.operators.map((node) => (node.uid === uid ? { ...node, ...change } : node)),
    }));
    const from = { savepoint: 'kept', allowDroppedState, maxParallelism: {} };
    return { ...recordOf({ ...graph, vertices }), from };
  };
  const unassigned = [{ uid: 'read', discovered: true, unassigned: [{ id: 's', data: null }] }];

  it.each([
    ['an operator that is gone', jobWith('count', { uid: 'total' }), saved('count'), 'no operator of job'],
    ['one without state', jobWith('count', { stateful: false }), saved('count'), 'has no state in job'],
    ['a source that is none', jobWith('read', { kind: 'transform' }), saved('read'), 'and was a source'],
    [
      'splits of one',
      jobWith('read', { kind: 'sink' }),
      saved('count', { enumerators: unassigned }),
      'and was a source',
    ],
    ['an operator that is a source', jobWith('write', { kind: 'source' }), saved('write'), 'is a source in job'],
  ])('operator state of %s is refused, unless it may be left behind', (_, record, manifest, why) => {
    const refused = { code: 'STATE_UNMATCHED', message: expect.stringContaining(why) };
    expect(originProblem(record, manifest)).toMatchObject(refused);
    const from = { savepoint: 'kept', allowDroppedState: true, maxParallelism: {} };
    expect(originProblem({ ...record, from }, manifest)).toBeNull();
    expect(originProblem(jobWith('', {}), manifest)).toBeNull();
  });
});

describe('savepoint: the job-master', () => {
  it('a run that begins passes the wish on; a client is heard only while the job runs', () => {
    const stage = new JobStage({ stop: { format: 1, job: 'flights', savepoint: stop } }).stores().until('running');
    expect(stage.context).toMatchObject({ stopWith: stop, stopping: false });
    const early = new JobStage();
    early.tell({ type: 'jobMaster.savepoint', ask: client, wish });
    expect(early.told('checkpoint-coordinator/flights')).toEqual([]);
  });

  it('the result names the one with which the job has ended', () => {
    const stage = new JobStage().until('running').starts().tell({ type: 'jobMaster.stopWithSavepoint', stop });
    expect(stage.told('checkpoint-coordinator/flights')).toEqual([
      { type: 'checkpointCoordinator.stopWithSavepoint', stop },
    ]);
    stage.tell({ type: 'checkpointCoordinator.allFinished', run: stage.run, savepoint: 'kept' });
    expect(stage.until('finished').result).toEqual({
      format: 1,
      job: 'flights',
      outcome: 'finished',
      failure: null,
      savepoint: 'kept',
    });
  });
});
