import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Actor, DecisionFunction } from './actor.js';
import type { Effect } from './effect.js';
import { invariant } from './invariant.js';
import type { AnyMessage, Delivered, Meta, Received } from './message.js';

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
  return engineOf(actor).start(input);
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
  const received: Received = { ...meta, at: state.value };
  const event: Delivered<AnyMessage> = { meta: received, ...message };
  return engineOf(actor).step(state, event) ?? untaken(actor, state, message.type);
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

/** A state as its machine has it: what leaving and entering it does. */
interface Station {
  readonly name: string;
  /** What XState selects transitions of it by; without the context of any actor. */
  readonly snapshot: AnyMachineSnapshot;
  /** By type of message, the transitions that have no guard before them: there is nothing to select. */
  readonly certain: ReadonlyMap<string, AnyTransitionDefinition>;
  readonly entry: readonly DecisionFunction[];
  readonly exit: readonly DecisionFunction[];
  readonly timers: readonly StationTimer[];
  readonly final: boolean;
}

/** A delay that runs while its state holds. */
interface StationTimer {
  readonly id: string;
  delayMs(context: object, event: AnyMessage): number;
}

/**
 * One per machine. XState selects the transition, guards included. What that does follows from the machines being flat: the decisions on the way out of
 * one state, those of the transition, those on the way into the other, in order. A property holds each step of each actor against XState's public
 * transition(), which is general and so costs many times as much.
 */
class Engine {
  private readonly machine: AnyStateMachine;
  private readonly stations: ReadonlyMap<string, Station>;

  constructor(private readonly actor: Actor) {
    this.machine = actor.machine;
    this.stations = new Map(Object.keys(actor.states).map((name) => [name, this.station(name)]));
  }

  start(input: unknown): Step {
    const event = { type: 'xstate.init', input };
    const initial = this.at(this.actor.initial);
    const taking = new Taking(this.actor, this.machine.config.context({ input }) as object, event);
    taking.enter(initial);
    return taking.step(initial);
  }

  /** Null when no transition takes it. */
  step(state: ActorState, event: AnyMessage): Step | null {
    const from = this.at(state.value);
    const selected = from.certain.get(event.type) ?? this.select(from, state.context, event);
    if (selected === undefined) return null;
    const { source, target: targets, reenter, actions } = selected;
    const target = targets?.[0];
    const leaves = target !== undefined && (reenter || target !== source);
    const to = target === undefined ? from : this.at(target.key);
    const taking = new Taking(this.actor, state.context, event);
    if (leaves) taking.leave(from);
    for (const name of actions) taking.decide(this.decision(name as string));
    if (leaves) taking.enter(to);
    return taking.step(to);
  }

  private select(from: Station, context: object, event: AnyMessage): AnyTransitionDefinition | undefined {
    // A flat machine is in one state, so there is one transition at most.
    const [selected] = this.machine.getTransitionData({ ...from.snapshot, context }, event);
    return selected as AnyTransitionDefinition | undefined;
  }

  private at(name: string): Station {
    const station = this.stations.get(name);
    invariant(station !== undefined, 'no such state in this machine', { role: this.actor.role, state: name });
    return station;
  }

  private station(name: string): Station {
    const { machine, actor } = this;
    const { entry, exit, type } = actor.states[name] as Actor['states'][string];
    const node = machine.states[name] as AnyStateNode;
    const timers = new Map(node.after.map(({ eventType, delay }) => [eventType, this.timer(eventType, delay)]));
    return {
      name,
      snapshot: machine.resolveState({ value: name, context: {} } as never),
      certain: certainOf(machine.root, node),
      entry: this.decisions(entry),
      exit: this.decisions(exit),
      timers: [...timers.values()],
      final: type === 'final',
    };
  }

  private timer(id: string, delay: unknown): StationTimer {
    const delayOf = this.machine.implementations.delays[delay as string] as (scope: object) => number;
    return { id, delayMs: (context, event) => delayOf({ context, event }) };
  }

  private decisions(names: string | readonly string[] | undefined): readonly DecisionFunction[] {
    if (names === undefined) return [];
    return (typeof names === 'string' ? [names] : names).map((name) => this.decision(name));
  }

  private decision(name: string): DecisionFunction {
    const decide = this.actor.decisions[name];
    invariant(decide !== undefined, 'no such decision in this actor', { role: this.actor.role, decision: name });
    return decide;
  }
}

/** What a state declares goes before what all states do alike. */
function certainOf(...nodes: readonly AnyStateNode[]): ReadonlyMap<string, AnyTransitionDefinition> {
  const certain = new Map<string, AnyTransitionDefinition>();
  for (const { transitions } of nodes) {
    for (const [type, [first]] of transitions) {
      if (first !== undefined && first.guard === undefined) certain.set(type, first);
      else certain.delete(type);
    }
  }
  return certain;
}

/** One message being taken: each decision sees what those before it have changed. */
class Taking {
  private verdict: Verdict = taken;
  private readonly effects: Effect[] = [];

  constructor(
    private readonly actor: Actor,
    private context: object,
    private readonly event: AnyMessage,
  ) {}

  leave({ exit, timers }: Station): void {
    for (const decide of exit) this.decide(decide);
    for (const { id } of timers) this.effects.push({ kind: 'timer.stop', timer: id });
  }

  enter({ entry, timers, final, exit }: Station): void {
    for (const decide of entry) this.decide(decide);
    for (const timer of timers) {
      const delayMs = timer.delayMs(this.context, this.event);
      this.effects.push({ kind: 'timer.start', timer: timer.id, delayMs, message: { type: timer.id } });
    }
    // A machine that is done has left its last state too.
    if (final) for (const decide of exit) this.decide(decide);
  }

  decide(decide: DecisionFunction): void {
    const { context, effects, refuse } = decide(this.context as never, this.event as never);
    if (refuse !== undefined) {
      this.verdict = { kind: 'refused', code: refuse, expected: refuse in this.actor.refusals };
    }
    if (effects !== undefined) for (const effect of effects) this.effects.push(effect);
    if (context !== undefined) this.context = { ...this.context, ...context };
  }

  step({ name, final }: Station): Step {
    return { state: { value: name, context: this.context, done: final }, effects: this.effects, verdict: this.verdict };
  }
}

// Memoised per definition: an engine holds no state of any actor.
const engines = new WeakMap<Actor, Engine>();

function engineOf(actor: Actor): Engine {
  let engine = engines.get(actor);
  if (engine === undefined) {
    engine = new Engine(actor);
    engines.set(actor, engine);
  }
  return engine;
}
