import { describe, expect, it } from 'vitest';
import { slotActor } from '../../../../actors/slot/machine.js';
import { totalActors } from '../../../../src/simulation/checkers/i21-total-actors.js';
import { CraftedRun, message } from './crafted-run.js';

const slot = { process: 'tm-1', incarnation: 'tm-1.1', actor: 'slot/0', fromState: 'free', toState: 'free' } as const;
const reason = slotActor.ignored.free?.['slot.evict'] ?? '';

describe('I21: total actors', () => {
  it('is silent about what the tables say, about starts, timers and messages that were dropped', () => {
    const run = new CraftedRun(totalActors);
    run.trace({ ...slot, message: message('actor.start'), fromState: null });
    run.trace({ ...slot, message: message('slot.open'), toState: 'allocated' });
    run.trace({ ...slot, message: message('slot.evict'), verdict: { kind: 'ignored', reason } });
    run.trace({
      ...slot,
      message: message('slot.open'),
      verdict: { kind: 'refused', code: 'staleAllocation', expected: true },
    });
    run.trace({ ...slot, message: message('xstate.after.x'), fromState: 'releasing', toState: 'unloading' });
    run.trace({ ...slot, actor: 'nobody', verdict: { kind: 'dropped', cause: 'late', reason: 'no such actor' } });
  });

  it('fires when an actor, a state, a message, a reason or a code is in no table', () => {
    const fires = (record: Parameters<CraftedRun['trace']>[0], what: string): void =>
      expect(() => new CraftedRun(totalActors).trace({ ...slot, message: message('slot.open'), ...record })).toThrow(
        what,
      );
    fires({ actor: 'stranger/1' }, 'is of no role');
    fires({ verdict: { kind: 'dropped', cause: 'stranger', reason: 'malformed' } }, 'was not to get it (malformed)');
    fires({ toState: 'nowhere' }, 'a state that its machine does not have');
    fires({ message: message('slot.unheardOf') }, 'a message that its table does not list');
    fires({ verdict: { kind: 'ignored', reason: 'because' } }, 'for a reason that its table does not give');
    fires({ verdict: { kind: 'refused', code: 'unhandled', expected: false } }, 'a code that its table does not list');
    fires(
      { message: message('slot.evict'), toState: 'active', verdict: { kind: 'ignored', reason } },
      'over what it ignored',
    );
  });
});
