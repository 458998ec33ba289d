import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { start, step } from '../../actors/kernel/step.js';
import { ping } from '../../specs/engine/host/toy.js';

const address = { process: 'b', incarnation: 'b.1', actor: 'pong' };
const message = fc.oneof(
  fc.constant({ type: 'ping.begin' }),
  fc.constant({ type: 'ping.leave' }),
  fc.nat(9).map((count) => ({ type: 'pong.answered', count })),
  fc.constantFrom('ask.expired', 'ask.unreachable', 'ask.absent').map((type) => ({ type, id: 'ping/1', to: address })),
  fc.constant({ type: 'xstate.after.tickMs.ping.waiting' }),
  fc.constant({ type: 'stranger' }),
);

describe('kernel: step', () => {
  it("equals XState's public transition() over any messages, and its state survives JSON", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60, size: 'max' }), (messages) => {
        const meta = { from: address, ask: null, wallMs: 0 };
        let { state } = start(ping, undefined);
        let [snapshot] = initialTransition(ping.machine);
        for (const each of messages) {
          // A state that has been through JSON continues just as well as the one it was made of.
          const next = step(ping, JSON.parse(JSON.stringify(state)) as typeof state, each, meta);
          [snapshot] = transition(ping.machine, snapshot, { ...each, meta } as never);
          state = next.state;
          expect({ value: state.value, context: state.context }).toEqual({
            value: snapshot.value,
            context: snapshot.context,
          });
        }
      }),
      { seed: 20_261_120, numRuns: 300 },
    );
  });
});
