import type { ExecutableActionsFrom } from 'xstate';
import type { Actor } from '../../actors/kernel/actor.js';

interface Executable {
  readonly type: string;
  readonly params?: unknown;
}

/** The effects that XState's own transition() wants executed, as step gives them; refusals are no effects. */
export function effectsOf(actions: readonly ExecutableActionsFrom<Actor['machine']>[]): readonly unknown[] {
  return (actions as readonly Executable[]).flatMap(({ type, params }) => {
    if (type === 'effect') return 'refuse' in (params as object) ? [] : [params];
    if (type === 'xstate.cancel') return [{ kind: 'timer.stop', timer: (params as { sendId: string }).sendId }];
    if (type !== 'xstate.raise') return [];
    const { event, id, delay } = params as { event: unknown; id: string; delay: number };
    return [{ kind: 'timer.start', timer: id, delayMs: delay, message: event }];
  });
}
