import type { AnyMachineSnapshot } from 'xstate';
import { createActor } from 'xstate';
import type { Actor } from './actor.js';
import type { Effect } from './effect.js';
import { invariant } from './invariant.js';
import type { AnyMessage, Delivered, Meta } from './message.js';

/** An actor's state: plain data that can be sent, shown, stored, hashed and replayed. */
export interface ActorState {
  readonly value: string;
  readonly context: object;
  readonly done: boolean;
}

export type Verdict =
  | { readonly kind: 'taken' }
  /** Listed in the actor's `ignored` table. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** `expected` when the actor's tables list the code; anything else is a defect. */
  | { readonly kind: 'refused'; readonly code: string; readonly expected: boolean };

export interface Step {
  readonly state: ActorState;
  readonly effects: readonly Effect[];
  readonly verdict: Verdict;
}

const taken: Verdict = { kind: 'taken' };

/** The state an actor starts in and what it wants done at once. */
export function start(actor: Actor, input: unknown): Step {
  const engine = engineOf(actor);
  return engine.run(() => actor.machine.getInitialSnapshot(engine.scope as never, input as never));
}

/**
 * The only way a machine runs: what it becomes, what it wants done, and whether it took the message.
 * Pure: same actor, state and message give the same step, and the state before is not changed.
 */
export function step(actor: Actor, state: ActorState, message: AnyMessage, meta: Meta): Step {
  invariant(!state.done, 'step of an actor that is done', { role: actor.role, message: message.type });
  const engine = engineOf(actor);
  const snapshot = engine.snapshotOf(state);
  const event: Delivered<AnyMessage> = { ...message, meta };
  const result = engine.run(() => actor.machine.transition(snapshot, event, engine.scope as never));
  if (engine.handled) return result;
  return { state, effects: [], verdict: unhandled(actor, state.value, message.type) };
}

function unhandled(actor: Actor, value: string, type: string): Verdict {
  const reason = actor.ignored[value]?.[type] ?? actor.ignored['*']?.[type];
  if (reason !== undefined) return { kind: 'ignored', reason };
  const code = actor.refused[value]?.[type] ?? actor.refused['*']?.[type];
  return code === undefined
    ? { kind: 'refused', code: 'unhandled', expected: false }
    : { kind: 'refused', code, expected: code in actor.refusals };
}

interface Captured {
  readonly type: string;
  readonly params: unknown;
}

/** One inert XState scope per machine: it collects the actions of a transition instead of performing them. */
class Engine {
  readonly scope: object;
  handled = false;
  private captured: Captured[] = [];
  private readonly snapshots = new WeakMap<ActorState, AnyMachineSnapshot>();
  private readonly actor: Actor;

  constructor(actor: Actor) {
    this.actor = actor;
    const machine = actor.machine;
    // The microstep event tells whether any transition was enabled, without selecting transitions a second time.
    const self = createActor(machine, {
      input: undefined as never,
      inspect: (event) => {
        if (event.type !== '@xstate.microstep') return;
        if ((event as unknown as { _transitions: readonly unknown[] })._transitions.length > 0) this.handled = true;
      },
    });
    this.scope = {
      self,
      system: self.system,
      id: '',
      sessionId: '',
      logger: () => undefined,
      defer: () => undefined,
      stopChild: () => undefined,
      emit: () => undefined,
      actionExecutor: (action: Captured) => {
        this.captured.push(action);
      },
    };
  }

  run(transition: () => AnyMachineSnapshot): Step {
    this.captured = [];
    this.handled = false;
    const snapshot = transition();
    if (snapshot.status === 'error') throw snapshot.error;
    const state: ActorState = {
      value: snapshot.value as string,
      context: snapshot.context as object,
      done: snapshot.status === 'done',
    };
    this.snapshots.set(state, snapshot);
    return this.collect(state);
  }

  snapshotOf(state: ActorState): AnyMachineSnapshot {
    const known = this.snapshots.get(state);
    if (known !== undefined) return known;
    const snapshot = this.actor.machine.resolveState({ value: state.value, context: state.context } as never);
    this.snapshots.set(state, snapshot);
    return snapshot;
  }

  private collect(state: ActorState): Step {
    const effects: Effect[] = [];
    let verdict: Verdict = taken;
    for (const { type, params } of this.captured) {
      if (type === 'effect') {
        if ('refuse' in (params as object)) {
          const code = (params as { refuse: string }).refuse;
          verdict = { kind: 'refused', code, expected: code in this.actor.refusals };
        } else effects.push(params as Effect);
      } else if (type === 'xstate.raise') {
        const raise = params as { event: AnyMessage; id: string | undefined; delay: number | undefined };
        if (raise.delay !== undefined) {
          effects.push({
            kind: 'timer.start',
            timer: raise.id ?? raise.event.type,
            delayMs: raise.delay,
            message: raise.event,
          });
        }
      } else if (type === 'xstate.cancel') {
        effects.push({ kind: 'timer.stop', timer: (params as { sendId: string }).sendId });
      }
    }
    return { state, effects, verdict };
  }
}

// Memoised per definition: an engine holds no state of any actor, only the machine's inert scope.
const engines = new WeakMap<Actor, Engine>();

function engineOf(actor: Actor): Engine {
  let engine = engines.get(actor);
  if (engine === undefined) {
    engine = new Engine(actor);
    engines.set(actor, engine);
  }
  return engine;
}
