import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { createActor } from 'xstate';
import type { Actor, DecisionFunction } from './actor.js';
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
  return engine.run(() => engine.machine.getInitialSnapshot(engine.scope as never, input as never));
}

/**
 * The only way a machine runs: what it becomes, what it wants done, and whether it took the message.
 * Pure: same actor, state and message give the same step, and the state before is not changed.
 */
export function step(actor: Actor, state: ActorState, message: AnyMessage, meta: Meta): Step {
  invariant(!state.done, 'step of an actor that is done', { role: actor.role, message: message.type });
  // What no transition is declared for cannot be taken: the tables answer, and XState need not look for it.
  if (actor.states[state.value]?.on?.[message.type] === undefined && actor.on[message.type] === undefined) {
    if (!message.type.startsWith('xstate.')) return untaken(actor, state, message.type);
  }
  const engine = engineOf(actor);
  const snapshot = engine.snapshotOf(state);
  const event: Delivered<AnyMessage> = { ...message, meta: { ...meta, at: state.value } };
  const result = engine.run(() => engine.machine.transition(snapshot, event, engine.scope as never));
  return engine.handled ? result : untaken(actor, state, message.type);
}

function untaken(actor: Actor, state: ActorState, type: string): Step {
  return { state, effects: [], verdict: unhandled(actor, state.value, type) };
}

function unhandled(actor: Actor, value: string, type: string): Verdict {
  const reason = actor.ignored[value]?.[type] ?? actor.ignored['*']?.[type];
  if (reason !== undefined) return { kind: 'ignored', reason };
  const code = actor.refused[value]?.[type] ?? actor.refused['*']?.[type];
  return code === undefined
    ? { kind: 'refused', code: 'unhandled', expected: false }
    : { kind: 'refused', code, expected: code in actor.refusals };
}

interface Scope {
  readonly context: never;
  readonly event: never;
}

interface Captured {
  readonly type: string;
  readonly params: unknown;
}

/**
 * One inert XState scope per machine: it collects the actions of a transition instead of performing them. The machine is the actor's
 * with its decisions in a shorter form; a property holds each step against the actor's own machine and XState's public transition().
 */
class Engine {
  readonly scope: object;
  readonly machine: AnyStateMachine;
  handled = false;
  private captured: Captured[] = [];
  private readonly snapshots = new WeakMap<ActorState, AnyMachineSnapshot>();
  private readonly actor: Actor;

  constructor(actor: Actor) {
    this.actor = actor;
    const decisions = Object.entries(actor.decisions).map(([name, decide]) => [name, this.decision(decide)]);
    this.machine = actor.machine.provide({ actions: Object.fromEntries(decisions) as never });
    const self = createActor(this.machine, { input: undefined as never });
    this.scope = {
      self,
      // The microstep event tells whether any transition was enabled, without selecting transitions a second time.
      system: Object.assign(self.system, {
        _sendInspectionEvent: (event: { readonly type: string; readonly _transitions?: readonly unknown[] }) => {
          if (event._transitions !== undefined && event._transitions.length > 0) this.handled = true;
        },
      }),
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

  /**
   * A decision in the form of XState's own actions, which are resolved to a snapshot: one call where enqueueActions, assign and an
   * action for each effect would be many.
   */
  private decision(decide: DecisionFunction): unknown {
    const resolve = (_scope: unknown, snapshot: AnyMachineSnapshot, { context, event }: Scope) => {
      const decision = decide(context, event);
      if (decision.refuse !== undefined) this.captured.push({ type: 'effect', params: { refuse: decision.refuse } });
      for (const effect of decision.effects ?? []) this.captured.push({ type: 'effect', params: effect });
      if (decision.context === undefined) return [snapshot];
      return [{ ...snapshot, context: { ...snapshot.context, ...decision.context } }];
    };
    return Object.assign(() => undefined, { type: 'decision', resolve });
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
    const snapshot = this.machine.resolveState({ value: state.value, context: state.context } as never);
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
