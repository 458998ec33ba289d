import { describe, expect, it } from 'vitest';
import { checkpointCoordinatorActor } from '../../actors/checkpoint-coordinator/machine.js';
import type { JobDescribed } from '../../actors/checkpoint-coordinator/messages.js';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import type { DispatcherAnswer } from '../../actors/dispatcher/messages.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions, type SlotReport } from '../../actors/protocol/deployment.js';
import { failure } from '../../actors/protocol/failure.js';
import type { JobResult } from '../../actors/protocol/job-graph.js';
import { resourceManagerActor } from '../../actors/resource-manager/machine.js';
import { Driver } from './driver.js';
import { brokenChannel, countPlace, failedAt, graphWith, JobStage, recordOf } from './job-master-stage.js';

/** Questions that change nothing: `weir list` and `weir status` ask them. */
const options = defaultClusterOptions;

class Dispatcher extends Driver {
  constructor() {
    super(dispatcherActor, { epoch: 7, process: 'jm', incarnation: 'jm-1', options });
  }

  /** Every record of the store is read, and none of them is damaged but those. */
  recover(records: readonly string[], damaged: readonly string[] = []): this {
    const keys = [...records, ...damaged].map((job) => `jobs/${job}/record`);
    this.tell({ type: 'record.listed', request: this.lastRequest, keys } as AnyMessage);
    for (const job of [...records, ...damaged]) {
      this.tell({ type: 'record.missing', request: this.lastRequestOf(`jobs/${job}/result`) } as AnyMessage);
      const request = this.lastRequestOf(`jobs/${job}/record`);
      const record = { ...recordOf(graphWith()), job };
      const why = failure('RECORD_DAMAGED', 'infrastructure', 'bad checksum', 'never');
      const answer = damaged.includes(job)
        ? { type: 'record.failed', request, failure: why }
        : { type: 'record.read', request, record };
      this.tell(answer as AnyMessage);
    }
    return this;
  }

  end(job: string, outcome: JobResult['outcome'], cause: JobResult['failure'] = null): void {
    this.tell({ type: 'jobMaster.ended', job, result: { format: 1, job, outcome, failure: cause } } as AnyMessage);
  }

  list(): DispatcherAnswer {
    return this.ask({ type: 'dispatcher.listJobs' }) as DispatcherAnswer;
  }

  private get lastRequest(): string {
    return this.of('record.list').at(-1)?.request ?? '';
  }

  private lastRequestOf(key: string): string {
    return this.of('record.read').findLast((effect) => effect.key === key)?.request ?? '';
  }
}

describe('dispatcher: what one job is doing', () => {
  const describing = (dispatcher: Dispatcher, job: string): unknown =>
    dispatcher.ask({ type: 'dispatcher.describeJob', job } as AnyMessage, 'describe');

  it('the question of a running one is passed on to its job-master, which answers', () => {
    const dispatcher = new Dispatcher().recover(['flights']);
    expect(describing(dispatcher, 'flights')).toMatchObject({ kind: 'taken' });
    expect(dispatcher.told('job-master/flights')).toMatchObject([
      { type: 'jobMaster.describe', ask: { id: 'describe' } },
    ]);
  });

  it('one that has ended says how, a damaged one why; another is none; before the store was read it is too early', () => {
    const dispatcher = new Dispatcher();
    expect(describing(dispatcher, 'a')).toMatchObject({ kind: 'refused', code: 'tooEarly' });
    dispatcher.recover(['a'], ['b']).end('a', 'canceled');
    expect(describing(dispatcher, 'a')).toMatchObject({ type: 'job.ended', result: { outcome: 'canceled' } });
    expect(describing(dispatcher, 'b')).toMatchObject({ type: 'job.rejected', failure: { code: 'RECORD_DAMAGED' } });
    expect(describing(dispatcher, 'c')).toMatchObject({ type: 'job.rejected', failure: { code: 'JOB_UNKNOWN' } });
  });
});

describe('job-master and checkpoint-coordinator: what the job is doing', () => {
  const ask = { id: 'describe', from: { process: 'client-1', incarnation: 'c1', actor: 'client' } };
  const answered = (stage: JobStage): JobDescribed | undefined =>
    stage
      .tell({ type: 'jobMaster.describe', ask })
      .wanted('answer')
      .find((effect) => effect.ask === ask)?.message as JobDescribed | undefined;

  it('a run that is being built up: the job-master answers, with where the subtasks are and what it waits for', () => {
    const stage = new JobStage().until('deploying').restores();
    expect(answered(stage)).toMatchObject({
      job: { state: 'deploying', waitsFor: ['read'], attempts: 1, stopping: false, restored: null, failures: [] },
      checkpoints: null,
    });
    expect(answered(stage)?.job.subtasks[0]).toEqual({ subtask: 'v1#0', phase: 'restored', process: 'tm-a', slot: 0 });
  });

  it('a run that recovers: with the failure that led there', () => {
    const stage = new JobStage().until('running').fails(brokenChannel);
    expect(answered(stage)?.job).toMatchObject({
      state: 'pausing',
      failures: [{ where: 'v2#0', failure: failedAt(countPlace, brokenChannel) }],
    });
  });

  it('a run with checkpoints: the coordinator adds them, and answers', () => {
    const stage = new JobStage().until('running').starts();
    expect(answered(stage)).toBeUndefined();
    const [passedOn] = stage.wanted('tell');
    expect(passedOn).toMatchObject({
      actor: 'checkpoint-coordinator/flights',
      message: { ask, job: { state: 'running' } },
    });
    const [started] = stage.every('actor.start').filter(({ role }) => role === 'checkpoint-coordinator');
    const coordinator = new Driver(checkpointCoordinatorActor, started?.input);
    coordinator.tell(passedOn?.message as AnyMessage);
    expect(coordinator.of('answer')).toMatchObject([
      {
        ask,
        message: {
          type: 'job.described',
          job: { state: 'running' },
          checkpoints: { state: 'idle', latest: null, entries: 1, failures: 0, running: 4, drained: 0, finished: 0 },
        },
      },
    ]);
  });
});

describe('dispatcher: which jobs there are', () => {
  it('those that run first, then the damaged, then those that ended, the latest first', () => {
    const dispatcher = new Dispatcher().recover(['a', 'b', 'd'], ['c']);
    const why = failure('BROKEN', 'user', 'it broke');
    dispatcher.end('a', 'finished');
    dispatcher.end('b', 'failed', { ...why, stack: 'at a line of the job' });
    expect(dispatcher.list()).toEqual({
      type: 'jobs.listed',
      epoch: 7,
      jobs: [
        { job: 'd', state: 'running', failure: null },
        { job: 'c', state: 'damaged', failure: expect.objectContaining({ code: 'RECORD_DAMAGED' }) },
        { job: 'b', state: 'failed', failure: why },
        { job: 'a', state: 'finished', failure: null },
      ],
      more: 0,
    });
  });

  it('names so many and no more, says how many are left out, and changes nothing', () => {
    const dispatcher = new Dispatcher().recover([]);
    for (let index = 0; index < 510; index++) dispatcher.end(`job-${index}`, 'finished');
    const before = dispatcher.context;
    const listed = dispatcher.list();
    expect(listed).toMatchObject({ type: 'jobs.listed', more: 10, jobs: { length: 500, 0: { job: 'job-509' } } });
    expect(dispatcher.context).toEqual(before);
  });

  it('while the jobs of the store are not known: refused, and asked again', () => {
    expect(new Dispatcher().list()).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
  });
});

const versions = { engine: '1.0.0', wire: 1 };

class Manager extends Driver {
  constructor() {
    super(resourceManagerActor, { epoch: 3, versions, options });
    for (const process of ['tm-a', 'tm-b']) this.register(process, 2);
  }

  register(process: string, count: number): void {
    const slots = Array.from(
      { length: count },
      (_, slot): SlotReport => ({ slot, allocation: null, progress: 0, subtasks: [] }),
    );
    this.ask({
      type: 'resourceManager.register',
      process,
      incarnation: 'i1',
      versions,
      slotMemoryBytes: 64,
      slots,
    } as AnyMessage);
  }

  request(job: string, count: number): void {
    this.ask({ type: 'resourceManager.requestSlots', job, run: 1, count, slotMemoryBytes: 0 } as AnyMessage);
  }

  describe(): AnyMessage {
    return this.ask({ type: 'resourceManager.describe' }) as AnyMessage;
  }
}

describe('resource manager: which task managers there are', () => {
  it('with whose each slot is, those lost, and who waits for slots', () => {
    const manager = new Manager();
    manager.register('tm-c', 1);
    manager.tell({ type: 'heartbeat.lost', process: 'tm-c', incarnation: 'i1', reason: 'unreachable' } as AnyMessage);
    manager.request('flights', 2);
    manager.tell({ type: 'heartbeat.suspected', process: 'tm-b', incarnation: 'i1' } as AnyMessage);
    manager.request('late', 3);
    expect(manager.describe()).toEqual({
      type: 'resourceManager.described',
      epoch: 3,
      taskManagers: [
        { process: 'tm-a', incarnation: 'i1', status: 'registered', slotMemoryBytes: 64, jobs: ['flights', null] },
        { process: 'tm-b', incarnation: 'i1', status: 'suspected', slotMemoryBytes: 64, jobs: ['flights', null] },
      ],
      lost: [{ process: 'tm-c', incarnation: 'i1', status: 'lost', reason: 'unreachable' }],
      shortages: [{ job: 'late', run: 1, wanted: 3, available: 1, slotMemoryBytes: 0, tooSmall: 0 }],
    });
  });

  it("a slot that is being closed is still its job's; the question changes nothing", () => {
    const manager = new Manager();
    manager.request('flights', 1);
    manager.tell({ type: 'resourceManager.releaseSlots', job: 'flights', throughRun: 1, closed: [] } as AnyMessage);
    const before = manager.context;
    expect(manager.describe()).toMatchObject({ taskManagers: [{ jobs: ['flights', null] }, { jobs: [null, null] }] });
    expect(manager.context).toEqual(before);
  });
});
