import type { DispatcherAnswer, DispatcherMessage } from '../../actors/dispatcher/messages.js';
import { forwardGroups } from '../../actors/job-master/scaling.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { JobRecord, JobVertex } from '../../actors/protocol/job-graph.js';
import type { SavepointName } from '../../actors/protocol/savepoint.js';
import { Client } from '../runtime/process/client.js';
import type { SimNetwork } from './network.js';
import { SimProcess } from './sim-process.js';
import type { SimWorld } from './world.js';

const wishMsMax = 2_500;
const rescaleMax = 4;
/** So soon after something else that is wanted of the job it may be canceled. */
const cancelNearMsMax = 120;
const askEveryMs = 50;
const askDeadlineMs = 1_000_000;

/** The savepoint of a client, and the one with which it stops the job. */
const savepointName: SavepointName = 'saved';
export const stopSavepointName: SavepointName = 'stopped';

export interface ClientSetting {
  readonly leader: string;
  readonly saved: (name: SavepointName) => void;
  /** This wish was granted. */
  readonly rescaled: (request: string) => void;
  /** The wish to cancel was granted. */
  readonly canceled: () => void;
}

/**
 * What people do to the job: they submit it, and in some runs take a savepoint of it, rescale, stop or cancel it. Clients live outside: they never crash and ask
 * until they are answered.
 */
export function runClients(world: SimWorld, network: SimNetwork, record: JobRecord, setting: ClientSetting): void {
  const { choices, rates } = world;
  const { job } = record;
  const ask = (name: string, message: DispatcherMessage, answered: (answer: DispatcherAnswer) => void): void => {
    const process = new SimProcess(world, name, 1, null, () => undefined);
    const client = new Client(network.busOf(process), process.clock(), name, `${name}.1`, setting.leader);
    client.ask(message, askEveryMs, askDeadlineMs, (answer) => {
      client.close();
      if (answer.kind === 'answered') answered(answer.message as AnyMessage as DispatcherAnswer);
    });
  };
  const stopAtMs = choices.at('stop:job', rates.stop, wishMsMax);
  const how = stopAtMs === 0 ? 0 : choices.at('stopWith:job', rates.stopWith, 2);
  const saveAtMs = choices.at('savepoint:job', rates.savepoint, wishMsMax);
  const stop: DispatcherMessage =
    how === 0
      ? { type: 'dispatcher.stopJob', job }
      : {
          type: 'dispatcher.stopWithSavepoint',
          job,
          stop: { name: stopSavepointName, request: 'stop', drain: how === 2 },
        };
  const save: DispatcherMessage = {
    type: 'dispatcher.savepointJob',
    job,
    wish: { name: savepointName, request: 'save' },
  };
  const rescales = rescalesOf(world, record);
  const cancelAtMs = cancelMomentOf(world, [stopAtMs, saveAtMs, ...rescales.map(({ atMs }) => atMs)]);
  ask('client', { type: 'dispatcher.submitJob', record }, () => {
    if (stopAtMs > 0) world.at(stopAtMs, () => ask('stopper', stop, () => undefined));
    for (const { atMs, message, request } of rescales)
      world.at(atMs, () =>
        ask(request, message, ({ type }) => {
          if (type === 'job.rescaling') setting.rescaled(request);
        }),
      );
    if (cancelAtMs > 0) {
      const cancel: DispatcherMessage = { type: 'dispatcher.cancelJob', job };
      world.at(cancelAtMs, () =>
        ask('canceler', cancel, ({ type }) => {
          if (type === 'job.canceling') setting.canceled();
        }),
      );
    }
    if (saveAtMs === 0) return;
    world.at(saveAtMs, () =>
      ask('saver', save, ({ type }) => {
        if (type === 'savepoint.completed') setting.saved(savepointName);
      }),
    );
  });
}

/** At any moment, or just after one of the others; 0: not at all. */
function cancelMomentOf({ choices, rates }: SimWorld, others: readonly number[]): number {
  const atMs = choices.at('cancel:job', rates.cancel, wishMsMax);
  const moments = others.filter((otherMs) => otherMs > 0);
  if (atMs === 0 || moments.length === 0) return atMs;
  const afterMs = choices.at('cancelNear:job', 0.5, cancelNearMsMax);
  return afterMs === 0 ? atMs : (moments[atMs % moments.length] ?? atMs) + afterMs;
}

interface PlannedRescale {
  readonly atMs: number;
  readonly request: string;
  readonly message: DispatcherMessage;
}

/** One vertex, or all of them, to a parallelism of up to `rescaleMax`. Where there are too few slots for it, it is refused. */
function rescalesOf({ choices, rates }: SimWorld, { job, graph }: JobRecord): readonly PlannedRescale[] {
  const groups = forwardGroups(graph);
  return [1, 2].flatMap((number): readonly PlannedRescale[] => {
    const request = `rescaler-${number}`;
    const atMs = choices.at(`${request}:job`, rates.rescale, wishMsMax);
    if (atMs === 0) return [];
    const which = choices.at(`${request}Of:job`, 1, graph.vertices.length + 1);
    const parallelism = choices.at(`${request}To:job`, 1, rescaleMax) || 1;
    const some = graph.vertices.filter(
      (_, index) => which === 0 || which > graph.vertices.length || index === which - 1,
    );
    // Where all comes over broadcast edges each subtask puts out all there is: another parallelism would be another output. What forward edges join to it goes with it.
    const isFed = ({ id }: JobVertex): boolean => {
      const inbound = graph.edges.filter(({ to }) => to === id);
      return inbound.length > 0 && inbound.every(({ partitioner }) => partitioner === 'broadcast');
    };
    const free = some.filter(({ id }) => !(groups.get(id) ?? []).some(isFed));
    const targets = free.map(({ id: vertex, maxParallelism }) => ({
      vertex,
      parallelism: Math.min(parallelism, maxParallelism),
    }));
    const message: DispatcherMessage = {
      type: 'dispatcher.rescaleJob',
      job,
      wish: { request, targets, all: null, wait: false },
    };
    return [{ atMs, request, message }];
  });
}
