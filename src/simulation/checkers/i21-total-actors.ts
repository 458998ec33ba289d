import type { Actor } from '../../../actors/kernel/actor.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { jobManagerRoles } from '../../runtime/process/job-manager.js';
import { taskManagerRoles } from '../../runtime/process/task-manager.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';

/**
 * I21: every message that reaches an actor is one it knows, in a state it has, and is taken, ignored for the reason
 * that its table gives, or refused with a code that its table lists. Known from the traces and the actors' own tables.
 * It sees only the pairs of state and message that the run reaches; the specs of the actors walk all of them.
 */
export const totalActors: CheckerFactory = () => new TotalActors({ ...jobManagerRoles, ...taskManagerRoles });

class TotalActors implements Checker {
  readonly invariant = 'I21';

  constructor(private readonly roles: Readonly<Record<string, Actor>>) {}

  trace(record: TraceRecord): void {
    const { verdict, message, fromState, toState } = record;
    if (verdict.kind === 'dropped') {
      // No damage is done to control messages, so that all of them are what one process says to another.
      if (verdict.cause === 'stranger') throw broken(record, `was not to get it (${verdict.reason})`);
      return;
    }
    const actor = this.roles[roleOf(record.actor)];
    if (actor === undefined) throw broken(record, 'is of no role of the cluster');
    if (toState === null || !(toState in actor.states))
      throw broken(record, 'is in a state that its machine does not have');
    // The start has no message of the actor's own; the machine's timers are named by the kernel.
    if (fromState === null || message.type.startsWith('xstate.')) return;
    if (!(message.type in actor.messages)) throw broken(record, 'got a message that its table does not list');
    if (verdict.kind === 'ignored' && reasonOf(actor, fromState, message.type) !== verdict.reason) {
      throw broken(record, 'ignored it for a reason that its table does not give');
    }
    if (verdict.kind === 'refused' && !(verdict.code in actor.refusals)) {
      throw broken(record, 'refused it with a code that its table does not list');
    }
    if (verdict.kind === 'ignored' && fromState !== toState)
      throw broken(record, 'changed its state over what it ignored');
  }
}

function roleOf(actor: string): string {
  const slash = actor.indexOf('/');
  return slash < 0 ? actor : actor.slice(0, slash);
}

const reasonOf = ({ ignored }: Actor, state: string, type: string): string | undefined =>
  ignored[state]?.[type] ?? ignored['*']?.[type];

function broken({ actor, fromState, toState, message, verdict }: TraceRecord, what: string): Violation {
  return new Violation('I21', `${actor} in ${fromState ?? 'no state'} ${what}: ${message.type}`, {
    toState,
    verdict,
    message,
  });
}
