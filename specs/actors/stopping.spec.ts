import { describe, expect, it } from 'vitest';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { failure } from '../../actors/protocol/failure.js';
import { jobRun } from '../../actors/protocol/ids.js';
import { sourceCoordinatorActor } from '../../actors/source-coordinator/machine.js';
import { Driver } from './driver.js';
import { brokenChannel, damage, graphWith, JobStage, recordOf, slotA, slotB } from './job-master-stage.js';
import { refused, Subtask, says } from './subtask-stage.js';

const record = recordOf(graphWith());
const wish = { format: 1, job: 'flights' };
const result = { format: 1, job: 'flights', outcome: 'finished', failure: null };

/** A dispatcher that serves, with one job that runs. */
class Dispatcher extends Driver {
  constructor() {
    super(dispatcherActor, { epoch: 7, process: 'jm', incarnation: 'jm-1', options: defaultClusterOptions });
    this.store('record.listed', { keys: ['jobs/flights/record', 'jobs/flights/stop'] });
    this.store('record.missing');
    this.store('record.read', { record });
    this.take();
  }

  stop(job = 'flights'): unknown {
    return this.ask({ type: 'dispatcher.stopJob', job } as AnyMessage, 'stop');
  }

  /** The store answers the newest request. */
  store(type: string, more: object = {}): void {
    const [asked] = [...this.of('record.create'), ...this.of('record.read'), ...this.of('record.list')].slice(-1);
    this.take();
    this.tell({ type, request: asked?.request, ...more } as AnyMessage);
  }

  get answers(): readonly AnyMessage[] {
    return this.of('answer').map(({ message }) => message);
  }

  ended(): void {
    this.tell({ type: 'jobMaster.ended', job: 'flights', result } as AnyMessage);
  }
}

describe('stop: the dispatcher', () => {
  it('the wish is durable before the job-master hears of it and anybody is answered', () => {
    const dispatcher = new Dispatcher();
    dispatcher.stop();
    expect(dispatcher.of('record.create')).toMatchObject([{ key: 'jobs/flights/stop', record: wish }]);
    expect([dispatcher.answers, dispatcher.told('job-master/flights'), dispatcher.waitingFor]).toEqual([
      [],
      [],
      ['flights'],
    ]);
    dispatcher.store('record.created');
    expect(dispatcher.of('record.list')).toMatchObject([{ prefix: 'epochs/' }]);
    expect([dispatcher.answers, dispatcher.told('job-master/flights')]).toEqual([[], []]);
    dispatcher.store('record.listed', { keys: ['epochs/00000006', 'epochs/00000007'] });
    expect(dispatcher.answers).toEqual([{ type: 'job.stopping', job: 'flights' }]);
    expect(dispatcher.told('job-master/flights')).toEqual([{ type: 'jobMaster.stop' }]);
  });

  it('a repetition while the store is silent waits; an unknown outcome is tried again; what stands there is the same wish', () => {
    const dispatcher = new Dispatcher();
    dispatcher.stop();
    expect(dispatcher.stop()).toEqual(refused('tooEarly'));
    dispatcher.store('record.unknown');
    expect(dispatcher.of('record.create')).toHaveLength(1);
    dispatcher.store('record.exists', { record: wish });
    dispatcher.store('record.unknown');
    dispatcher.store('record.listed', { keys: ['epochs/00000007'] });
    expect(dispatcher.answers).toEqual([{ type: 'job.stopping', job: 'flights' }]);
  });

  it('a newer leader has claimed its epoch, and may have looked too early: this one promises nothing', () => {
    const dispatcher = new Dispatcher();
    dispatcher.stop();
    dispatcher.store('record.created');
    dispatcher.store('record.listed', { keys: ['epochs/00000007', 'epochs/00000008'] });
    expect([dispatcher.answers, dispatcher.told('job-master/flights'), dispatcher.waitingFor]).toEqual([[], [], []]);
  });

  it('the store refuses: the client hears why, and the job goes on', () => {
    const dispatcher = new Dispatcher();
    const why = failure('STORE_FAILED', 'infrastructure', 'EIO');
    dispatcher.stop();
    dispatcher.store('record.failed', { failure: why });
    expect(dispatcher.answers).toEqual([{ type: 'job.rejected', job: 'flights', failure: why }]);
    expect(dispatcher.told('job-master/flights')).toEqual([]);
  });

  it('a job that has ended says how; also when it ended while the wish was written; one that nobody knows is none', () => {
    const dispatcher = new Dispatcher();
    dispatcher.stop();
    dispatcher.ended();
    const [create] = dispatcher.of('record.create');
    dispatcher.take();
    dispatcher.tell({ type: 'record.created', request: create?.request } as AnyMessage);
    expect(dispatcher.answers).toEqual([{ type: 'job.ended', job: 'flights', result }]);
    expect(dispatcher.stop()).toEqual({ type: 'job.ended', job: 'flights', result });
    expect(dispatcher.stop('other')).toMatchObject({ type: 'job.rejected', failure: { code: 'JOB_UNKNOWN' } });
  });
});

const stop = { type: 'jobMaster.stop' } as const;
const readers = ['v1#0', 'v1#1'];
const stopAsks = (stage: JobStage): readonly string[] => stage.open.filter((id) => id.startsWith('subtask.stop/'));
const asksOf = (stage: JobStage, ...keys: readonly string[]): readonly string[] =>
  keys.map((key) => `subtask.stop/${stage.run}/${key}`);
const toldSource = (stage: JobStage): readonly AnyMessage[] => stage.told('source-coordinator/flights/read');

describe('stop: the job-master', () => {
  it('tells the sources first, then asks each reader that has started, and no other subtask', () => {
    const stage = new JobStage().until('running').starts().tell(stop);
    expect(stage.fresh.map(({ kind }) => kind)).toEqual(['tell', 'ask', 'ask']);
    expect(toldSource(stage)).toEqual([{ type: 'sourceCoordinator.stop', run: stage.run }]);
    expect(stopAsks(stage)).toEqual(asksOf(stage, ...readers));
    for (const subtask of readers) {
      const stopping = { type: 'subtask.stopping', run: stage.run, subtask } as const;
      stage.answer(`subtask.stop/${stage.run}/${subtask}`, stopping);
    }
    expect([stage.open, stage.at]).toEqual([[], 'running']);
    expect(stage.tell(stop).open).toEqual([]);
    expect(stage.until('finished').result).toEqual(result);
  });

  it('a wish that comes before the readers have started reaches each when it has', () => {
    const stage = new JobStage().until('deploying').tell(stop).until('running');
    expect([stopAsks(stage), toldSource(stage)]).toEqual([[], [{ type: 'sourceCoordinator.stop', run: stage.run }]]);
    expect(stopAsks(stage.starts())).toEqual(asksOf(stage, ...readers));
  });

  it('all is committed before a reader has answered: the job is over', () => {
    const stage = new JobStage().until('running').starts().tell(stop);
    stage.tell({ type: 'checkpointCoordinator.allFinished', run: stage.run });
    expect([stage.at, stopAsks(stage)]).toEqual(['finishing', []]);
  });

  it('a task manager is lost in the middle: the next run is stopped again', () => {
    const stage = new JobStage().until('running').starts().tell(stop).fails(brokenChannel).until('running').starts();
    expect(stage.context.round).toBe(2);
    expect(toldSource(stage)).toHaveLength(2);
    expect(stopAsks(stage)).toEqual(asksOf(stage, ...readers));
  });

  it.each([
    ['durable', wish],
    ['damaged', damage],
  ])('a new leader finds the wish, %s, and stops the job', (_how, kept) => {
    const stage = new JobStage({ stop: kept }).stores();
    expect([stage.at, stage.waitingFor]).toEqual(['recallingStop', ['jobs/flights/stop']]);
    expect(stage.until('running').starts().context.stopping).toBe(true);
    expect(stopAsks(stage)).toEqual(asksOf(stage, ...readers));
  });

  it('a new leader that cannot tell asks the store again, and runs nothing meanwhile', () => {
    const stage = new JobStage({ stop: wish }).stores().says('record.unknown');
    expect(stage.at).toBe('recallingStop');
    stage.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'EIO') });
    expect(stage.elapse('storeSilence').until('running').context.stopping).toBe(true);
  });

  it('cancel still ends it at once', () => {
    const stage = new JobStage().until('running').starts().tell(stop).tell({ type: 'jobMaster.cancel' });
    expect(stage.closes(slotA, slotB).until('canceled').result).toMatchObject({ outcome: 'canceled' });
  });
});

describe('stop: the source-coordinator', () => {
  const run = jobRun(3, 2);
  const address = { process: 'tm1', incarnation: 'i1', slot: 0 };
  const source = (): Driver => {
    const input = {
      record,
      run,
      uid: 'read',
      readers: { 'read#0': address },
      restored: null,
      options: defaultClusterOptions,
    };
    const driver = new Driver(sourceCoordinatorActor, input);
    driver.tell({
      type: 'source.discovered',
      uid: 'read',
      splits: [
        { id: 'x', data: null },
        { id: 'y', data: null },
      ],
    } as AnyMessage);
    return driver;
  };
  const wants = (driver: Driver, request: number): void =>
    void driver.ask({ type: 'subtask.splitsRequested', run, subtask: 'read#0', request } as AnyMessage);

  it('assigns nothing any more; what is on its way arrives, and what is left stays in its snapshot', () => {
    const driver = source();
    wants(driver, 1);
    driver.tell({ type: 'sourceCoordinator.stop', run } as AnyMessage);
    wants(driver, 2);
    const [assignment = ''] = driver.open;
    driver.answer(assignment, { type: 'subtask.splitsAdded', run, subtask: 'read#0', assignment: 1 } as AnyMessage);
    expect(driver.open).toEqual([]);
    driver.tell({ type: 'sourceCoordinator.snapshot', run, checkpoint: { epoch: 3, n: 1 } } as AnyMessage);
    expect(driver.told('checkpoint-coordinator/flights')).toMatchObject([{ snapshot: { unassigned: [{ id: 'y' }] } }]);
    driver.tell({ type: 'sourceCoordinator.reopenAll', run, checkpoint: { epoch: 3, n: 1 } } as AnyMessage);
    expect(driver.open).toEqual([]);
  });

  it('a stop of another run is none', () => {
    const driver = source();
    expect(driver.tell({ type: 'sourceCoordinator.stop', run: run - 1 } as AnyMessage)).toEqual(refused('staleRun'));
    wants(driver, 1);
    expect(driver.open).toHaveLength(1);
  });
});

describe('stop: the subtask', () => {
  const stopIt = (subtask: Subtask, run = 7): unknown => subtask.command({ type: 'subtask.stop', run });
  const running = (): Subtask => {
    const subtask = new Subtask();
    subtask.restore();
    subtask.hear({ type: 'task.restored' });
    subtask.rewind();
    subtask.hear({ type: 'task.rewound' });
    subtask.begin();
    subtask.hear({ type: 'task.started' });
    subtask.take();
    return subtask;
  };

  it('answers as often as it is asked, also when its input has ended by itself', () => {
    const subtask = running();
    expect(stopIt(subtask)).toEqual(says('subtask.stopping'));
    expect(subtask.of('task.stop')).toMatchObject([{ subtask: 'read#0', run: 7 }]);
    subtask.hear({ type: 'task.inputEnded' });
    expect(stopIt(subtask)).toEqual(says('subtask.stopping'));
    subtask.hear({ type: 'task.drained' });
    expect(stopIt(subtask)).toEqual(says('subtask.stopping'));
    expect(stopIt(subtask, 6)).toEqual(refused('staleRun'));
  });

  it('before it has started it is too early', () => {
    expect(stopIt(new Subtask())).toEqual(refused('tooEarly'));
  });
});
