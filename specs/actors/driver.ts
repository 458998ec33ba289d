import { expect } from 'vitest';
import type { Actor } from '../../actors/kernel/actor.js';
import type { Effect, EffectKind } from '../../actors/kernel/effect.js';
import type { AnyMessage, AskEvent, AskId, Meta } from '../../actors/kernel/message.js';
import { type ActorState, type Step, start, step, type Verdict } from '../../actors/kernel/step.js';
import type { Address } from '../../actors/protocol/ids.js';

type EffectOf<K extends EffectKind> = Extract<Effect, { kind: K }>;

const stranger: Address = { process: 'elsewhere', incarnation: 'e1', actor: 'stranger' };

/**
 * Plays host, network and clock for one actor, by hand. It freezes the state before each step, holds every context
 * equal to its JSON round trip, and keeps the host's rules: an ask is answered once, and not after it was unasked; a
 * stopped timer does not fire.
 */
export class Driver {
  /** Effects of all steps so far that `take` has not handed out. */
  private effects: Effect[] = [];
  private readonly asks = new Map<AskId, EffectOf<'ask'>>();
  private readonly timers = new Map<string, EffectOf<'timer.start'>>();
  private state: ActorState;
  private readonly actor: Actor;

  constructor(actor: Actor, input: unknown) {
    this.actor = actor;
    const first = start(actor, deepFreeze(input));
    this.state = first.state;
    this.perform(first);
  }

  get value(): string {
    return this.state.value;
  }

  get done(): boolean {
    return this.state.done;
  }

  get context(): unknown {
    return this.state.context;
  }

  get waitingFor(): readonly string[] {
    return this.actor.waitingFor(this.state.value, this.state.context);
  }

  /** What the wall clock of its process says. */
  wallMs = 0;

  /** Delivers a message that is no question. */
  tell(message: AnyMessage, from: Address = stranger): Verdict {
    return this.deliver(message, { from, ask: null, wallMs: this.wallMs }).verdict;
  }

  /** Delivers a question; the verdict, or the answer if it was answered at once. */
  ask(message: AnyMessage, id: AskId = 'question', from: Address = stranger): AnyMessage | Verdict {
    const ask = { id, from };
    const { effects, verdict } = this.deliver(message, { from, ask, wallMs: this.wallMs });
    const answer = effects.find((effect) => effect.kind === 'answer' && effect.ask.id === id);
    return answer?.kind === 'answer' ? answer.message : verdict;
  }

  /** Answers an ask of the actor; null when the host would drop the answer, because the ask is no longer open. */
  answer(id: AskId, message: AnyMessage): Verdict | null {
    const ask = this.asks.get(id);
    if (ask === undefined) return null;
    this.asks.delete(id);
    return this.tell(message, ask.to);
  }

  expire(id: AskId): Verdict {
    return this.endAsk('ask.expired', id);
  }

  absent(id: AskId): Verdict {
    return this.endAsk('ask.absent', id);
  }

  unreachable(id: AskId): Verdict {
    return this.askEvent('ask.unreachable', id, this.openAsk(id).to);
  }

  /** Lets a timer's time come; `part` is enough of its name to tell it from others. */
  fire(part: string): Verdict {
    const timer = [...this.timers.values()].find((each) => each.timer.includes(part));
    if (timer === undefined) throw new Error(`no timer ${part}; running: ${[...this.timers.keys()].join(', ')}`);
    this.timers.delete(timer.timer);
    return this.tell(timer.message);
  }

  /** Effects since the last `take`, in order. */
  take(): readonly Effect[] {
    const taken = this.effects;
    this.effects = [];
    return taken;
  }

  /** The kept effects of one kind; all of them stay for `take`. */
  of<K extends EffectKind>(kind: K): readonly EffectOf<K>[] {
    return this.effects.filter((effect): effect is EffectOf<K> => effect.kind === kind);
  }

  /** Messages told to an actor of the same process and not taken yet. */
  told(actor: string): readonly AnyMessage[] {
    return this.of('tell')
      .filter((effect) => effect.actor === actor)
      .map((effect) => effect.message);
  }

  /** Ids of the asks that are open, in the order they were asked. */
  get open(): readonly AskId[] {
    return [...this.asks.keys()];
  }

  openAsk(id: AskId): EffectOf<'ask'> {
    const ask = this.asks.get(id);
    if (ask === undefined) throw new Error(`no open ask ${id}; open: ${this.open.join(', ')}`);
    return ask;
  }

  /** Names and delays of the timers that run. */
  get running(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.timers.values()].map(({ timer, delayMs }) => [timer, delayMs]));
  }

  private endAsk(type: 'ask.expired' | 'ask.absent', id: AskId): Verdict {
    const { to } = this.openAsk(id);
    this.asks.delete(id);
    return this.askEvent(type, id, to);
  }

  private askEvent(type: AskEvent['type'], id: AskId, to: Address): Verdict {
    const event: AskEvent = { type, id, to };
    return this.tell(event);
  }

  private deliver(message: AnyMessage, meta: Meta): Step {
    deepFreeze(this.state);
    const next = step(this.actor, this.state, deepFreeze(message), meta);
    this.state = next.state;
    this.perform(next);
    return next;
  }

  private perform({ state, effects }: Step): void {
    expect(JSON.parse(JSON.stringify(state.context))).toEqual(state.context);
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === 'ask') this.asks.set(effect.id, effect);
      else if (effect.kind === 'unask') this.asks.delete(effect.id);
      else if (effect.kind === 'timer.start') this.timers.set(effect.timer, effect);
      else if (effect.kind === 'timer.stop') this.timers.delete(effect.timer);
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
