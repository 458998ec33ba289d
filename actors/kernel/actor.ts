import type { AnyStateMachine } from 'xstate';
import { enqueueActions, setup } from 'xstate';
import type { Effect } from './effect.js';
import type { Delivered } from './message.js';

/** What a decision function returns: what changes, what is wanted done, and whether the message is refused. */
export interface Decision<C> {
  readonly context?: Partial<C>;
  readonly effects?: readonly Effect[];
  /** A code of the definition's `refusals`. */
  readonly refuse?: string;
}

/** Compared as a method, so that a decision may declare just the message it is used for: one of the actor's types. */
type Decide<C, T extends string> = { method(context: C, message: Delivered<{ type: T }>): Decision<C> }['method'];
type Guard<C, T extends string> = { method(context: C, message: Delivered<{ type: T }>): boolean }['method'];

export interface Branch<S extends string, A extends string, G extends string> {
  readonly guard?: G;
  readonly target?: S;
  /** With a target equal to the current state: leave it and enter it again, so that its delays start anew. */
  readonly reenter?: boolean;
  readonly actions?: A | readonly A[];
}

type Branches<S extends string, A extends string, G extends string> = Branch<S, A, G> | readonly Branch<S, A, G>[];

/** One state: a condition, with the messages that are acted on while it holds. */
export interface StateDefinition<
  T extends string,
  S extends string,
  A extends string,
  G extends string,
  D extends string,
> {
  readonly type?: 'final';
  readonly entry?: A | readonly A[];
  readonly exit?: A | readonly A[];
  readonly after?: Partial<Record<D, Branches<S, A, G>>>;
  readonly on?: Partial<Record<T, Branches<S, A, G>>>;
}

/** An actor: an XState machine in its plain configuration, the decisions it names, and the tables that make it total. */
export interface ActorDefinition<
  C,
  T extends string,
  I,
  S extends string,
  A extends string,
  G extends string,
  D extends string,
> {
  readonly role: string;
  /** The run-time table of messages, with one sentence each. */
  readonly messages: Readonly<Record<T, string>>;
  readonly context: (input: I) => C;
  readonly initial: NoInfer<S>;
  readonly states: Readonly<Record<S, StateDefinition<NoInfer<T>, NoInfer<S>, NoInfer<A>, NoInfer<G>, NoInfer<D>>>>;
  /** Handled alike in every state that does not say otherwise. */
  readonly on?: Partial<Record<NoInfer<T>, Branches<NoInfer<S>, NoInfer<A>, NoInfer<G>>>>;
  readonly actions: Readonly<Record<A, Decide<NoInfer<C>, NoInfer<T>>>>;
  readonly guards: Readonly<Record<G, Guard<NoInfer<C>, NoInfer<T>>>>;
  readonly delays: Readonly<Record<D, (context: NoInfer<C>) => number>>;
  /** Harmless in that state, with the reason. `'*'` stands for every state. */
  readonly ignored: Partial<Record<NoInfer<S> | '*', Partial<Record<NoInfer<T>, string>>>>;
  /** Expected refusals: code and reason. Any other refusal is a defect and fails a simulation. */
  readonly refusals: Readonly<Record<string, string>>;
  /** In states named here, these messages come too early or too late and are refused with that code. */
  readonly refused: Partial<Record<NoInfer<S> | '*', Partial<Record<NoInfer<T>, string>>>>;
  /** What a waiting state waits for, for people: ids and a count. */
  readonly waitingFor?: (state: NoInfer<S>, context: NoInfer<C>) => readonly string[];
}

/** A definition as the kernel runs it. */
export interface Actor {
  readonly role: string;
  readonly machine: AnyStateMachine;
  readonly messages: Readonly<Record<string, string>>;
  readonly initial: string;
  readonly states: Readonly<Record<string, StateDefinition<string, string, string, string, string>>>;
  /** Handled alike in every state that does not say otherwise. */
  readonly on: Readonly<Record<string, unknown>>;
  readonly ignored: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  readonly refusals: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  /** The decisions that the machine's actions name. */
  readonly decisions: Readonly<Record<string, DecisionFunction>>;
  waitingFor(state: string, context: unknown): readonly string[];
}

export type DecisionFunction = (context: never, message: never) => Decision<object>;

/**
 * Builds the machine of a definition. Its only declared effectful action is `effect`; every named action is a
 * decision function whose effects it enqueues.
 */
export function defineActor<
  C extends object,
  T extends string,
  I,
  S extends string,
  A extends string,
  G extends string = never,
  D extends string = never,
>(definition: ActorDefinition<C, T, I, S, A, G, D>): Actor {
  const config = {
    id: definition.role,
    initial: definition.initial,
    context: ({ input }: { input: I }) => definition.context(input),
    states: definition.states,
    ...(definition.on === undefined ? {} : { on: definition.on }),
  };
  const machine = setup({
    actions: { effect: () => undefined, ...mapValues(definition.actions, asAction) },
    guards: mapValues(definition.guards, asGuard),
    delays: mapValues(definition.delays, asDelay),
  } as object).createMachine(config as object);
  return {
    role: definition.role,
    machine: machine as AnyStateMachine,
    messages: definition.messages,
    initial: definition.initial,
    on: definition.on ?? {},
    states: definition.states as Actor['states'],
    ignored: definition.ignored as Actor['ignored'],
    refusals: definition.refusals,
    refused: definition.refused as Actor['refused'],
    decisions: definition.actions as Actor['decisions'],
    waitingFor: (state, context) => definition.waitingFor?.(state as S, context as C) ?? [],
  };
}

type Scope = { context: never; event: never };

/** XState hands actions, guards and delays one object; decisions take the context and the message. */
function asAction(decide: DecisionFunction): unknown {
  return enqueueActions(({ context, event, enqueue }) => {
    const decision = decide(context as never, event as never);
    if (decision.context !== undefined) enqueue.assign(decision.context as never);
    if (decision.refuse !== undefined) enqueue({ type: 'effect', params: { refuse: decision.refuse } } as never);
    for (const effect of decision.effects ?? []) enqueue({ type: 'effect', params: effect } as never);
  });
}

const asGuard =
  (guard: (context: never, message: never) => boolean) =>
  ({ context, event }: Scope): boolean =>
    guard(context, event);

const asDelay =
  (delay: (context: never) => number) =>
  ({ context }: Scope): number =>
    delay(context);

function mapValues<V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
