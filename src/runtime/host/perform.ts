import type { Effect } from '../../../actors/kernel/effect.js';
import { assertNever } from '../../../actors/kernel/invariant.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import { anyIncarnation, everyProcess } from '../../../actors/protocol/ids.js';
import type { TaskHost } from '../../ports/task-host.js';
import type { ActorCell } from './actor-cell.js';
import type { ActorHost } from './actor-host.js';
import type { Discovery } from './discovery.js';
import type { Records } from './records.js';
import type { Sweeper } from './sweeper.js';

/** What effects act on, beside the bus and the clock. A process that leads nothing has no records; one without slots has no tasks. */
export interface EffectPorts {
  readonly records: Records | null;
  readonly sweeper: Sweeper | null;
  readonly discovery: Discovery | null;
  readonly tasks: TaskHost | null;
}

/** Performs one effect of one actor. Completions come back through the mailbox and belong to this life of the actor. */
export function performEffect(host: ActorHost, cell: ActorCell, effect: Effect, cause: number): void {
  const { ports } = host;
  const self = host.addressOf(cell.name);
  const complete = (message: AnyMessage): void =>
    host.enqueue({ actor: cell.name, message, from: self, ask: null, cause, cell, condition: null });
  switch (effect.kind) {
    case 'send':
      return host.transmit(
        { to: effect.to, from: self, epoch: host.options.epoch, kind: 'send', ask: '', message: effect.message },
        cause,
        null,
      );
    case 'broadcast': {
      const to = { process: everyProcess, incarnation: anyIncarnation, actor: effect.actor };
      const { epoch } = host.options;
      return host.broadcast({ to, from: self, epoch, kind: 'send', ask: '', message: effect.message });
    }
    case 'ask':
      return ask(host, cell, effect, cause);
    case 'unask':
      cell.asks.take(effect.id);
      return;
    case 'answer':
      return host.transmit(
        {
          to: effect.ask.from,
          from: self,
          epoch: host.options.epoch,
          kind: 'answer',
          ask: effect.ask.id,
          message: effect.message,
        },
        cause,
        null,
      );
    case 'tell':
      return host.enqueue({
        actor: effect.actor,
        message: effect.message,
        from: self,
        ask: null,
        cause,
        cell: null,
        condition: null,
      });
    case 'timer.start':
      return cell.startTimer(effect.timer, effect.delayMs, (generation) =>
        host.enqueue({
          actor: cell.name,
          message: effect.message,
          from: self,
          ask: null,
          cause,
          cell,
          condition: { kind: 'timer', id: effect.timer, generation },
        }),
      );
    case 'timer.stop':
      return cell.stopTimer(effect.timer);
    case 'actor.start':
      return host.startActor(effect.role, effect.actor, effect.input, cause);
    case 'actor.stop':
      return host.stopActor(effect.actor);
    case 'record.create':
      return required(ports.records, effect).create(effect.request, effect.key, effect.record, complete);
    case 'record.read':
      return required(ports.records, effect).read(effect.request, effect.key, complete);
    case 'record.list':
      return required(ports.records, effect).list(effect.request, effect.prefix, complete);
    case 'blobs.delete':
      return required(ports.sweeper, effect).delete(effect);
    case 'blobs.sweep':
      return required(ports.sweeper, effect).sweep(effect, complete);
    case 'blobs.copy':
      return required(ports.records, effect).copy(effect.request, effect.copies, complete);
    case 'savepoint.discard':
      return required(ports.sweeper, effect).discard(effect, complete);
    case 'source.discover':
      return required(ports.discovery, effect).discover(effect.record, effect.uid, complete);
    case 'slot.load':
    case 'slot.unload':
    case 'task.restore':
    case 'task.rewind':
    case 'task.start':
    case 'task.assign':
    case 'task.align':
    case 'task.trigger':
    case 'task.complete':
    case 'task.abort':
    case 'task.stop':
    case 'task.cancel':
      return required(ports.tasks, effect).perform(effect);
    default:
      assertNever(effect, 'performEffect');
  }
}

function ask(host: ActorHost, cell: ActorCell, effect: Extract<Effect, { kind: 'ask' }>, cause: number): void {
  const from = host.addressOf(cell.name);
  const event = (type: 'ask.expired' | 'ask.unreachable', ends: boolean) => (): void =>
    host.enqueue({
      actor: cell.name,
      message: { type, id: effect.id, to: effect.to } as AnyMessage,
      from,
      ask: null,
      cause,
      cell,
      condition: { kind: ends ? 'askEnds' : 'askOpen', id: effect.id },
    });
  const envelope = {
    to: effect.to,
    from,
    epoch: host.options.epoch,
    kind: 'ask',
    ask: effect.id,
    message: effect.message,
  } as const;
  cell.asks.start({
    id: effect.id,
    everyMs: effect.everyMs,
    deadlineMs: effect.deadlineMs,
    ask: () => host.transmit(envelope, cause, event('ask.unreachable', false)),
    expired: event('ask.expired', true),
  });
}

function required<T>(port: T | null, effect: Effect): T {
  if (port === null) throw new Error(`This process cannot perform ${effect.kind}: it has no such port.`);
  return port;
}
