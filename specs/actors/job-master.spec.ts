import { describe, expect, it } from 'vitest';
import { jobMasterActor } from '../../actors/job-master/machine.js';
import type { JobMasterMessage } from '../../actors/job-master/messages.js';
import type { SlotAddress } from '../../actors/protocol/ids.js';
import type { JobVertex } from '../../actors/protocol/job-graph.js';
import {
  allocationOf,
  brokenChannel,
  countPlace,
  failedAt,
  fatalFailure,
  graphWith,
  JobStage,
  run1,
  run2,
  slotA,
  slotB,
  threeRestarts,
  userFailure,
} from './job-master-stage.js';

const nobody = { process: '', incarnation: '', actor: '' };
const lost = (slot: SlotAddress): JobMasterMessage => ({
  type: 'resourceManager.taskManagerLost',
  process: slot.process,
  incarnation: slot.incarnation,
  reason: 'missed',
});

/** Every state in which a run holds slots, or may, and how to get there. */
const recoveryStates = ['redistributing', 'restoringState', 'rewindingSources', 'running'] as const;
const runStates = ['awaitingSlots', 'deploying', ...recoveryStates] as const;
const staged = (state: string): JobStage => {
  const stage = new JobStage();
  const isLater = ['redistributing', 'restoringState', 'rewindingSources'].includes(state);
  return isLater ? stage.until('running').fails(brokenChannel).until(state) : stage.until(state);
};

describe('job-master: from submission to the end', () => {
  it('asks, waits and starts in the order of the protocol', () => {
    const stage = new JobStage();
    expect(stage.at).toBe('created');
    stage.stores().storesAll();
    expect(stage.at).toBe('awaitingSlots');
    expect(stage.wanted('ask')).toMatchObject([
      { id: `resourceManager.requestSlots/${run1}/flights`, message: { count: 2 }, everyMs: 100, deadlineMs: 300_000 },
    ]);

    stage.grants();
    expect(stage.wanted('ask')).toMatchObject([
      { to: { process: 'tm-a', incarnation: 'a1', actor: 'slot/0' }, message: { allocation: allocationOf(run1) } },
      { to: { process: 'tm-b' }, message: { placement: { 'v1#0': slotA, 'v1#1': slotB, 'v2#0': slotA } } },
    ]);
    expect(stage.opens(slotA).at).toBe('awaitingSlots');
    expect(stage.waitingFor).toEqual(['tm-b@b1/0']);
    expect(stage.opens(slotB).at).toBe('deploying');

    expect(stage.wanted('ask').map(({ to }) => to)).toContainEqual({
      process: 'tm-b',
      incarnation: 'b1',
      actor: `subtask/flights/${run1}/v2#1`,
    });
    stage.restores();
    expect(stage.wanted('actor.start')).toMatchObject([{ role: 'source-coordinator' }]);
    expect(stage.waitingFor).toEqual(['read']);
    stage.readies();
    expect(stage.wanted('ask')).toHaveLength(4);
    stage.rewinds();
    expect(stage.at).toBe('running');

    stage.starts().tell({ type: 'checkpointCoordinator.allFinished', run: run1 });
    expect(stage.at).toBe('finishing');
    expect(stage.until('finished').driver.done).toBe(true);
    expect(stage.told('dispatcher')).toEqual([
      {
        type: 'jobMaster.ended',
        job: 'flights',
        result: { format: 1, job: 'flights', outcome: 'finished', failure: null },
      },
    ]);
  });

  it('a slot holds subtasks of one slot sharing group: there are slots for each, dealt out in the order of the graph', () => {
    const graph = graphWith();
    const [read, count] = graph.vertices as [JobVertex, JobVertex];
    const grouped = {
      ...graph,
      vertices: [
        { ...read, parallelism: 1 },
        { ...count, slotSharingGroup: 'own' },
      ],
    };
    const stage = new JobStage({ graph: grouped }).stores().storesAll();
    expect(stage.wanted('ask')).toMatchObject([{ message: { count: 3 } }]);
    const slots = [slotA, slotB, { ...slotB, slot: 1 }];
    stage.grants(...slots);
    expect(stage.context.placement).toEqual({ 'v1#0': slots[0], 'v2#0': slots[1], 'v2#1': slots[2] });
  });

  it('a job that ran before goes through every state of recovery', () => {
    const stage = new JobStage().until('running').fails(brokenChannel);
    const passed = [
      'pausing',
      'retrievingCheckpoint',
      'backingOff',
      'redistributing',
      'restoringState',
      'rewindingSources',
    ];
    for (const state of passed) expect(stage.until(state).at).toBe(state);
    expect(stage.until('running').context.round).toBe(2);
  });

  it('barriers: nobody is rewound before all have restored, nobody started before all are rewound', () => {
    const stage = staged('restoringState');
    for (const subtask of ['v2#1', 'v1#0', 'v2#0']) {
      stage.answer(`subtask.restore/${run2}/${subtask}`, {
        type: 'subtask.restored',
        run: run2,
        subtask,
      });
    }
    expect(stage.at).toBe('restoringState');
    expect(stage.waitingFor).toEqual(['v1#1']);
    expect(stage.every('ask').filter(({ id }) => id.includes(`rewind/${run2}`))).toEqual([]);
  });

  it('all finished, but a restored subtask has not committed yet', () => {
    const stage = new JobStage().until('running');
    stage.tell({ type: 'checkpointCoordinator.allFinished', run: run1 });
    expect(stage.at).toBe('running');
    expect(stage.starts().at).toBe('finishing');
  });
});

describe('job-master: a failure in any state of a run', () => {
  const failures: readonly (readonly [string, (stage: JobStage) => JobMasterMessage])[] = [
    ['subtask.failed', ({ run }) => ({ type: 'subtask.failed', run, subtask: 'v2#0', failure: brokenChannel })],
    [
      'sourceCoordinator.failed',
      ({ run }) => ({ type: 'sourceCoordinator.failed', run, uid: 'read', failure: brokenChannel }),
    ],
    [
      'checkpointCoordinator.failed',
      ({ run }) => ({ type: 'checkpointCoordinator.failed', run, failure: brokenChannel }),
    ],
    ['resourceManager.slotLost', ({ run }) => ({ type: 'resourceManager.slotLost', run, slot: slotB, reason: 'gone' })],
  ];
  it.each(runStates.flatMap((state) => failures.map(([type, make]) => [state, type, make] as const)))(
    '%s, %s: pauses, and goes on with the next round',
    (state, _, make) => {
      const stage = staged(state);
      const { round } = stage.context;
      expect(stage.tell(make(stage)).at).toBe('pausing');
      expect(stage.until('redistributing').context.round).toBe(round + 1);
      expect(stage.context.history).toHaveLength(round);
    },
  );

  it.each(runStates)('%s: any question that is not answered, or meets nobody, pauses', (state) => {
    const asking = (): JobStage => (state === 'rewindingSources' ? staged(state).readies() : staged(state));
    const questions = asking().open;
    expect(questions.length).toBeGreaterThan(0);
    for (const [id, how] of questions.flatMap((each) => [[each, 'expire'] as const, [each, 'absent'] as const])) {
      const stage = asking()[how](id);
      expect(stage.at).toBe('pausing');
      expect(stage.context.cause).toMatchObject({ code: 'ASK_FAILED', domain: 'infrastructure' });
      // Nothing is asked any more but that the slots close.
      expect(stage.open.every((each) => each.startsWith('slot.close'))).toBe(true);
    }
  });

  it('nobody listens there just now: the asking goes on', () => {
    const stage = new JobStage().until('deploying');
    stage.driver.unreachable(`subtask.restore/${run1}/v1#0`);
    expect(stage.at).toBe('deploying');
    expect(stage.open).toHaveLength(4);
  });

  it.each(['deploying', 'rewindingSources'])('%s: a source that never says anything', (state) => {
    const stage = staged(state).elapse('deployDeadline');
    expect(stage.at).toBe('pausing');
    expect(stage.context.cause).toMatchObject({ code: 'DEPLOYMENT_EXPIRED' });
  });

  it('a slot that cannot load the code', () => {
    const stage = new JobStage().until('awaitingSlots').grants();
    const failed = {
      type: 'slot.openFailed',
      slot: slotB,
      allocation: allocationOf(run1),
      failure: fatalFailure,
    } as const;
    expect(stage.answer(stage.slotAsk('open', slotB), failed).at).toBe('pausing');
    expect(stage.until('failed').result).toMatchObject({
      outcome: 'failed',
      failure: failedAt('tm-b, slot 0', fatalFailure),
    });
  });

  it.each(runStates.slice(1))('%s: a task manager with a slot of this run is lost', (state) => {
    const stage = staged(state === 'redistributing' ? 'restoringState' : state);
    expect(stage.tell(lost(slotB)).at).toBe('pausing');
    // Nothing is asked of the dead.
    expect(stage.open).toEqual([stage.slotAsk('close', slotA)]);
    expect(stage.tell(lost(slotA)).at).toBe('retrievingCheckpoint');
  });

  it('another life of the same task manager is lost: it held nothing of ours', () => {
    const stage = new JobStage().until('running').tell(lost({ ...slotA, incarnation: 'a0' }));
    expect(stage.verdict.kind).toBe('ignored');
    expect(stage.at).toBe('running');
  });

  it('race 12: the loss is told before the grant that names the lost slot', () => {
    const stage = new JobStage().until('awaitingSlots').tell(lost(slotB)).grants();
    expect(stage.at).toBe('pausing');
    expect(stage.open).toEqual([stage.slotAsk('close', slotA)]);
    expect(stage.closes(slotA).at).toBe('retrievingCheckpoint');
    expect(stage.wanted('tell')).toMatchObject([{ message: { throughRun: run1, closed: [slotA] } }]);
  });
});

describe('job-master: pausing', () => {
  it('stops what could ask for more, then withdraws its questions, then closes the slots', () => {
    const stage = new JobStage().until('running').fails(brokenChannel);
    expect(stage.fresh.map(({ kind }) => kind)).toEqual([
      // First the failure is told to whoever keeps it.
      ...['answer', 'tell', 'actor.stop', 'actor.stop'],
      ...['unask', 'unask', 'unask', 'unask'],
      ...['ask', 'ask', 'timer.start'],
    ]);
    expect(stage.wanted('actor.stop').map(({ actor }) => actor)).toEqual([
      'source-coordinator/flights/read',
      'checkpoint-coordinator/flights',
    ]);
    expect(stage.wanted('ask')).toMatchObject([{ deadlineMs: 10_000 }, { message: { type: 'slot.close' } }]);
  });

  it('a slot that was granted and never opened is closed too', () => {
    const stage = new JobStage().until('awaitingSlots').grants().opens(slotA).fails(brokenChannel);
    expect(stage.open).toEqual([stage.slotAsk('close', slotA), stage.slotAsk('close', slotB)]);
  });

  it('is left when every slot has answered, is gone, or is lost; the resource manager hears which are closed', () => {
    const stage = new JobStage().until('running').fails(brokenChannel);
    expect(stage.waitingFor).toEqual(['tm-a@a1/0', 'tm-b@b1/0']);
    expect(stage.closes(slotB).at).toBe('pausing');
    expect(stage.tell(lost(slotA)).at).toBe('retrievingCheckpoint');
    expect(stage.told('resource-manager')).toEqual([
      { type: 'resourceManager.releaseSlots', job: 'flights', throughRun: run1, closed: [slotB] },
    ]);
    expect(
      new JobStage().until('running').fails(brokenChannel).closes(slotA).absent(`slot.close/${run1}/tm-b@b1/0`).at,
    ).toBe('retrievingCheckpoint');
  });

  it('a slot is silent: it is left after the deadline, and the rest is the resource manager’s', () => {
    for (const leave of [
      (stage: JobStage) => stage.elapse('pauseDeadline'),
      (stage: JobStage) => stage.expire(stage.slotAsk('close', slotB)),
    ]) {
      const stage = new JobStage().until('running').fails(brokenChannel).closes(slotA);
      expect(stage.driver.running).toMatchObject({ 'xstate.after.pauseDeadline.job-master.pausing': 10_000 });
      leave(stage);
      expect(stage.at).toBe('retrievingCheckpoint');
      expect(stage.open).toEqual([]);
      expect(stage.told('resource-manager')).toMatchObject([{ throughRun: run1, closed: [slotA] }]);
    }
  });

  it('with nothing to close it waits for nothing; a grant that was on its way is released', () => {
    const stage = new JobStage().until('awaitingSlots').expire(`resourceManager.requestSlots/${run1}/flights`);
    expect(stage.driver.running).toEqual({ 'xstate.after.pauseDeadline.job-master.pausing': 0 });
    expect(stage.elapse('pauseDeadline').told('resource-manager')).toMatchObject([{ throughRun: run1, closed: [] }]);
  });

  it('failures that arrive meanwhile are noted and decide nothing', () => {
    const stage = new JobStage()
      .until('running')
      .fails(brokenChannel)
      .fails(fatalFailure, 'v1#0')
      .fails(userFailure, 'v1#1');
    expect(stage.context).toMatchObject({ intent: 'restart', userFailures: 0 });
    expect(stage.context.history.map(({ where }) => where)).toEqual(['v2#0', 'v1#0', 'v1#1']);
    expect(stage.until('running').at).toBe('running');
  });

  it('the report is repeated because our answer was lost: answered again, noted once', () => {
    const stage = new JobStage().until('running');
    const failed = { type: 'subtask.failed', run: run1, subtask: 'v2#0', failure: userFailure } as const;
    expect(stage.ask(failed)).toEqual({ type: 'jobMaster.noted', run: run1 });
    expect(stage.ask(failed)).toEqual({ type: 'jobMaster.noted', run: run1 });
    expect(stage.context.history).toHaveLength(1);
    expect(stage.context.userFailures).toBe(1);
  });

  it('the last subtasks commit while another failure pauses the run: the next run finds everything finished', () => {
    const stage = new JobStage().until('running').fails(brokenChannel);
    stage.tell({ type: 'checkpointCoordinator.allFinished', run: run1 });
    expect(stage.verdict.kind).toBe('ignored');
    expect(stage.at).toBe('pausing');
  });
});

describe('job-master: the restart strategy', () => {
  const fails = (stage: JobStage, times: number, why = userFailure): JobStage => {
    for (let n = 0; n < times; n += 1) stage.until('running').fails(why);
    return stage;
  };

  it('the job’s own failures are counted, and the last is the result', () => {
    const stage = fails(new JobStage(), threeRestarts.attempts);
    expect(stage.until('running').context.userFailures).toBe(3);
    expect(stage.fails(userFailure).until('failed').result).toMatchObject({
      outcome: 'failed',
      failure: failedAt(countPlace, userFailure),
    });
  });

  it('a slot that hangs in code of the job counts; one that its task manager gave up does not', () => {
    const stage = new JobStage().until('running');
    stage.tell({ type: 'resourceManager.slotLost', run: stage.run, slot: slotA, reason: 'gone' });
    expect(stage.context).toMatchObject({ userFailures: 0, cause: { code: 'SLOT_LOST' } });
    stage.until('running').tell({ type: 'resourceManager.slotLost', run: stage.run, slot: slotA, reason: 'stuck' });
    const { userFailures, cause } = stage.context;
    expect({ userFailures, code: cause?.code }).toEqual({ userFailures: 1, code: 'SLOT_STUCK' });
    expect(cause?.message).toMatch(/^tm-a, slot 0 makes no progress, .+ in one of v1#0, v2#0\. Look for a loop/);
  });

  it('lost processes are not', () => {
    expect(fails(new JobStage(), 20, brokenChannel).until('running').context).toMatchObject({
      userFailures: 0,
      round: 21,
    });
  });

  it('without a limit it goes on; the last failures are kept for people', () => {
    const restart = { ...threeRestarts, attempts: null };
    const stage = fails(new JobStage({ graph: graphWith({ restart }) }), 30).until('running');
    expect(stage.context.history).toHaveLength(16);
    expect(stage.context.history.at(-1)).toMatchObject({
      run: stage.run - 1,
      where: 'v2#0',
      failure: failedAt(countPlace, userFailure),
    });
  });

  it('what a restart would meet again ends the job', () => {
    const stage = new JobStage().until('running').fails(fatalFailure);
    expect(stage.at).toBe('pausing');
    expect(stage.until('failed').result).toMatchObject({
      outcome: 'failed',
      failure: failedAt(countPlace, fatalFailure),
    });
  });
});

describe('job-master: what is stale is refused', () => {
  const stale: readonly JobMasterMessage[] = [
    { type: 'resourceManager.slotsGranted', run: run1, slots: [slotA, slotB] },
    { type: 'slot.opened', slot: slotA, allocation: allocationOf(run1) },
    { type: 'slot.openFailed', slot: slotA, allocation: allocationOf(run1), failure: fatalFailure },
    { type: 'slot.closed', slot: slotA, allocation: allocationOf(run1) },
    { type: 'subtask.restored', run: run1, subtask: 'v1#0' },
    { type: 'subtask.rewound', run: run1, subtask: 'v1#0' },
    { type: 'subtask.started', run: run1, subtask: 'v1#0' },
    { type: 'subtask.failed', run: run1, subtask: 'v1#0', failure: fatalFailure },
    { type: 'sourceCoordinator.ready', run: run1, uid: 'read' },
    { type: 'sourceCoordinator.failed', run: run1, uid: 'read', failure: fatalFailure },
    { type: 'checkpointCoordinator.failed', run: run1, failure: fatalFailure },
    { type: 'checkpointCoordinator.allFinished', run: run1 },
  ];

  it.each(recoveryStates)('%s: everything that speaks of the run before', (state) => {
    const stage = state === 'running' ? staged('rewindingSources').until('running') : staged(state);
    const before = stage.context;
    for (const message of stale) {
      expect(stage.tell(message).verdict, message.type).toMatchObject({ kind: 'refused', code: 'staleRun' });
    }
    expect(stage.context).toBe(before);
    expect(stage.tell({ type: 'resourceManager.slotLost', run: run1, slot: slotA, reason: 'gone' }).verdict.kind).toBe(
      'ignored',
    );
    expect(stage.tell({ type: 'ask.expired', id: `subtask.restore/${run1}/v1#0`, to: nobody }).verdict.kind).toBe(
      'ignored',
    );
  });

  it('says what it has no answer to', () => {
    expect(Object.keys(jobMasterActor.refusals)).toEqual(['staleRun', 'notRunning', 'busy']);
  });
});
