import type { Actor } from '../../../actors/kernel/actor.js';
import { failure } from '../../../actors/kernel/failure.js';
import { invariant } from '../../../actors/kernel/invariant.js';
import type { AnyMessage, AskId } from '../../../actors/kernel/message.js';
import type { Step } from '../../../actors/kernel/step.js';
import { start, step } from '../../../actors/kernel/step.js';
import type { ActorName, Address, Epoch, Incarnation, ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames, anyIncarnation } from '../../../actors/protocol/ids.js';
import { type Versions, versionsText } from '../../../actors/protocol/versions.js';
import type { Bus, Unlisten } from '../../ports/bus.js';
import type { Clock, Loop, Loops, Turn } from '../../ports/clock.js';
import type { Dropped, Telemetry, TraceRecord } from '../../ports/telemetry.js';
import { ActorCell } from './actor-cell.js';
import type { Delivery } from './delivery.js';
import { staleReason } from './delivery.js';
import type { Envelope, ForeignEnvelope, VersionRefusal } from './envelope.js';
import { decodeEnvelope, EnvelopeWriter, refusedBecause, refusedVersions, saidVersions } from './envelope.js';
import { isStored, type LargeMessages } from './large-messages.js';
import type { EffectPorts } from './perform.js';
import { performEffect } from './perform.js';
import { type WireMessages, wireRefusal } from './wire-messages.js';

type Why = Omit<Dropped, 'kind'>;

export interface HostPorts extends EffectPorts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly loops: Loops;
  readonly telemetry: Telemetry;
  /** For messages too long to be sent; null where there are none. */
  readonly large: LargeMessages | null;
  /** Told of a throw in a step or an effect: this process must end. */
  readonly panic: (error: unknown) => void;
}

export interface HostOptions {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  /** The epoch this process leads with, for its whole life; null when it follows. */
  readonly epoch: Epoch | null;
  /** The actors this process can start, by role. */
  readonly roles: Readonly<Record<string, Actor>>;
  /** What those actors take from other processes. */
  readonly wire: WireMessages;
  readonly versions: Versions;
}

/** One living actor: where it stands since when, what that state waits for, and what it has asked without an answer. */
export interface ActorInspection {
  readonly actor: ActorName;
  readonly role: string;
  readonly state: string;
  /** On the monotonic clock of the process. */
  readonly sinceMs: number;
  readonly waitsFor: readonly string[];
  readonly questions: readonly AskId[];
}

/**
 * Runs the actors of one process: takes messages from one mailbox, steps the machine, traces the step and performs its effects in
 * order through ports. Messages of other incarnations, of older epochs and of other versions never reach an actor, and neither does what
 * no process of the cluster would say. A process whose question is refused for its version panics with VERSION_MISMATCH.
 */
export class ActorHost {
  private readonly cells = new Map<ActorName, ActorCell>();
  private readonly writer = new EnvelopeWriter();
  private readonly mailbox: Delivery[] = [];
  private head = 0;
  private seq = 0;
  private newestEpoch: Epoch = 0;
  private readonly loop: Loop;
  private readonly unlisten: Unlisten;
  private closed = false;

  constructor(
    readonly ports: HostPorts,
    readonly options: HostOptions,
  ) {
    this.loop = ports.loops.create((messagesMax) => this.turn(messagesMax));
    this.unlisten = ports.bus.listen(options.process, (bytes) => this.receive(bytes));
  }

  addressOf(actor: ActorName): Address {
    return { process: this.options.process, incarnation: this.options.incarnation, actor };
  }

  /** Puts a message into the mailbox: from the data plane, a completion, or the process itself. */
  tell(actor: ActorName, message: AnyMessage, cause: number | null = null): void {
    this.enqueue({ actor, message, from: this.addressOf(actor), ask: null, cause, cell: null, condition: null });
  }

  /** Asks, as a client of this process, a question of one of its own actors; the answer goes to `answered`. */
  startActor(role: string, name: ActorName, input: unknown, cause: number | null = null): void {
    const actor = this.options.roles[role];
    invariant(actor !== undefined, 'no such role in this process', { role, process: this.options.process });
    invariant(!this.cells.has(name), 'an actor of that name lives already', { name });
    const cell = new ActorCell(name, actor, this.ports.clock);
    this.cells.set(name, cell);
    this.settle(cell, { type: 'actor.start' }, null, start(actor, input), cause);
  }

  stopActor(name: ActorName): void {
    this.cells.get(name)?.end();
    this.cells.delete(name);
  }

  /** State of a living actor, for people, checkers and tests. */
  stateOf(name: ActorName): { readonly state: string; readonly context: object } | null {
    const state = this.cells.get(name)?.state;
    return state === undefined || state === null ? null : { state: state.value, context: state.context };
  }

  actorNames(): readonly ActorName[] {
    return [...this.cells.keys()];
  }

  /** Every living actor as people look at it: made anew at each call. */
  inspect(): readonly ActorInspection[] {
    return [...this.cells.values()].flatMap(({ name, actor, state, sinceMs, asks }) => {
      if (state === null) return [];
      const waitsFor = actor.waitingFor(state.value, state.context);
      return [{ actor: name, role: actor.role, state: state.value, sinceMs, waitsFor, questions: asks.ids() }];
    });
  }

  /** Ends everything at once, as a crash does: no actor says goodbye. */
  close(): void {
    this.closed = true;
    this.unlisten();
    this.loop.stop();
    for (const name of [...this.cells.keys()]) this.stopActor(name);
    this.mailbox.length = 0;
  }

  enqueue(delivery: Delivery): void {
    if (this.closed) return;
    this.mailbox.push(delivery);
    this.loop.wake();
  }

  /** To another process over the bus, to this one through the mailbox. */
  transmit(envelope: Envelope, cause: number | null, unreachable: (() => void) | null): void {
    if (envelope.to.process === this.options.process) return this.accept(envelope, cause);
    const { bus, large } = this.ports;
    const topic = `${envelope.kind}.${envelope.message.type}`;
    const send = (bytes: Uint8Array): void => bus.send(envelope.to.process, topic, bytes, unreachable);
    // A client has no store: what it asked for comes whole, or not at all.
    if (large === null || envelope.to.actor === actorNames.client) return send(this.writer.encode(envelope));
    const bytes = large.isKnown(envelope) ? null : this.writer.encode(envelope);
    if (bytes !== null && bytes.byteLength <= large.envelopeBytesMax) return send(bytes);
    large.send(envelope, (message) => {
      if (!this.closed) send(this.writer.encode({ ...envelope, message }));
    });
  }

  /** To actors of that name in every process that listens, this one too. */
  broadcast(envelope: Envelope): void {
    this.ports.bus.broadcast(`${envelope.kind}.${envelope.message.type}`, this.writer.encode(envelope));
  }

  cellOf(name: ActorName): ActorCell | undefined {
    return this.cells.get(name);
  }

  private turn(messagesMax: number): Turn {
    try {
      for (let n = 0; n < messagesMax && this.head < this.mailbox.length && !this.closed; n += 1) {
        const delivery = this.mailbox[this.head] as Delivery;
        this.head += 1;
        this.deliver(delivery);
      }
    } catch (error) {
      this.ports.panic(error);
      return 'parked';
    }
    if (this.head < this.mailbox.length) return 'more';
    this.mailbox.length = 0;
    this.head = 0;
    return 'parked';
  }

  private deliver(delivery: Delivery): void {
    const cell = this.cells.get(delivery.actor);
    if (cell === undefined || cell.state === null) return this.undeliverable(delivery);
    const stale = staleReason(delivery, cell);
    if (stale !== null) return this.drop(delivery, { cause: 'late', reason: stale });
    const meta = { from: delivery.from, ask: delivery.ask, wallMs: this.ports.clock.wallMs() };
    this.settle(cell, delivery.message, delivery, step(cell.actor, cell.state, delivery.message, meta), delivery.cause);
  }

  /** Takes over the new state, traces the step, then performs its effects in order. */
  private settle(
    cell: ActorCell,
    message: AnyMessage,
    delivery: Delivery | null,
    result: Step,
    cause: number | null,
  ): void {
    const before = cell.state;
    cell.state = result.state;
    this.seq += 1;
    const seq = this.seq;
    const atMs = this.ports.clock.monotonicMs();
    if (before?.value !== result.state.value) cell.sinceMs = atMs;
    const record: TraceRecord = {
      seq,
      cause,
      process: this.options.process,
      incarnation: this.options.incarnation,
      actor: cell.name,
      atMs,
      message,
      from: delivery?.from ?? null,
      verdict: result.verdict,
      fromState: before?.value ?? null,
      toState: result.state.value,
      contextPatch: patchOf(before?.context ?? {}, result.state.context),
      effects: result.effects,
    };
    this.ports.telemetry.trace(record);
    for (const effect of result.effects) performEffect(this, cell, effect, seq);
    if (result.state.done && this.cells.get(cell.name) === cell) this.stopActor(cell.name);
  }

  private undeliverable(delivery: Delivery): void {
    // "No such actor" is an answer; that way silence has one meaning: the process.
    if (delivery.ask !== null) {
      const from = this.addressOf(delivery.actor);
      const message = { type: 'actor.absent' };
      this.transmit(
        { to: delivery.ask.from, from, epoch: this.options.epoch, kind: 'absent', ask: delivery.ask.id, message },
        null,
        null,
      );
    }
    this.drop(delivery, { cause: 'late', reason: 'no such actor' });
  }

  private receive(bytes: Uint8Array): void {
    const envelope = decodeEnvelope(bytes);
    if ('malformed' in envelope) {
      const reason = `malformed: ${envelope.malformed}`;
      return this.dropEnvelope('', { type: '' }, null, { cause: 'stranger', reason });
    }
    const { to } = envelope;
    if (to.incarnation !== this.options.incarnation && to.incarnation !== anyIncarnation) {
      return this.dropWhole(envelope, { cause: 'past', reason: `meant for incarnation ${to.incarnation}` });
    }
    if ('foreignVersion' in envelope) return this.refuse(envelope, `wire version ${envelope.foreignVersion}`);
    if (envelope.kind === 'refused') return this.refused(envelope);
    const { large } = this.ports;
    if (large === null || !isStored(envelope.message)) return this.take(envelope);
    large.read(envelope.message, (message) => {
      if (!this.closed) this.take({ ...envelope, message });
    });
  }

  /** A message that is meant for this life, and whole. */
  private take(envelope: Envelope): void {
    const { to, from, epoch, kind, message } = envelope;
    const wrong = kind === 'absent' ? null : wireRefusal(this.options.wire, to.actor, message);
    const said = wrong === null ? null : saidVersions(message);
    if (wrong !== null && said !== null) return this.refuse(envelope, versionsText(said), wrong);
    if (wrong !== null) return this.dropEnvelope(to.actor, message, from, { cause: 'stranger', reason: wrong });
    if (epoch !== null && epoch < this.newestEpoch) {
      return this.dropWhole(envelope, { cause: 'past', reason: `epoch ${epoch} is older than ${this.newestEpoch}` });
    }
    this.newestEpoch = epoch ?? this.newestEpoch;
    this.accept(envelope, null);
  }

  /**
   * A question in another version is answered, so that whoever asks can say so and end; only a question, or the answers would go on. So is a
   * registration that lacks what one has here, whatever version it names: its process would ask for ever.
   */
  private refuse(envelope: ForeignEnvelope | Envelope, theirs: string, why?: string): void {
    const { versions, epoch } = this.options;
    const reason = `${theirs}, and this process is ${versionsText(versions)}${why === undefined ? '' : `: ${why}`}`;
    this.dropWhole(envelope, { cause: 'version', reason });
    if (envelope.kind !== 'ask') return;
    const message: VersionRefusal = { type: 'wire.refused', versions, ...(why === undefined ? {} : { why }) };
    const from = this.addressOf(envelope.to.actor);
    this.transmit({ to: envelope.from, from, epoch, kind: 'refused', ask: envelope.ask, message }, null, null);
  }

  /** Only an answer to an open question counts: nobody else can know its name. */
  private refused(envelope: Envelope): void {
    const { to, from, ask } = envelope;
    const theirs = versionsText(refusedVersions(envelope));
    const ours = versionsText(this.options.versions);
    this.dropWhole(envelope, { cause: 'version', reason: `${from.process} is ${theirs}, and this process is ${ours}` });
    if (this.cells.get(to.actor)?.asks.isOpen(ask) !== true) return;
    const they = `${from.process} is ${theirs}${refusedBecause(envelope)}`;
    const text = `${this.options.process} is ${ours} and ${they}. Start both with the same version.`;
    this.ports.panic(failure('VERSION_MISMATCH', 'infrastructure', text, 'never'));
  }

  private accept({ to, from, kind, ask, message }: Envelope, cause: number | null): void {
    const delivery = (payload: AnyMessage, condition: Delivery['condition'], question: Delivery['ask']): void =>
      this.enqueue({ actor: to.actor, message: payload, from, ask: question, cause, cell: null, condition });
    if (kind === 'send') delivery(message, null, null);
    else if (kind === 'ask') delivery(message, null, { id: ask, from });
    else if (kind === 'answer') delivery(message, { kind: 'askEnds', id: ask }, null);
    else if (kind === 'absent')
      delivery({ type: 'ask.absent', id: ask, to: from } as AnyMessage, { kind: 'askEnds', id: ask }, null);
  }

  private drop(delivery: Delivery, why: Why): void {
    this.dropEnvelope(delivery.actor, delivery.message, delivery.from, why, delivery.cause);
  }

  private dropWhole(envelope: Envelope | ForeignEnvelope, why: Why): void {
    const message = 'message' in envelope ? envelope.message : { type: '' };
    this.dropEnvelope(envelope.to.actor, message, envelope.from, why);
  }

  private dropEnvelope(
    actor: ActorName,
    message: AnyMessage,
    from: Address | null,
    why: Why,
    cause: number | null = null,
  ): void {
    this.seq += 1;
    this.ports.telemetry.trace({
      seq: this.seq,
      cause,
      process: this.options.process,
      incarnation: this.options.incarnation,
      actor,
      atMs: this.ports.clock.monotonicMs(),
      message,
      from,
      verdict: { kind: 'dropped', ...why },
      fromState: null,
      toState: null,
      contextPatch: {},
      effects: [],
    });
  }
}

/** Fields that are not the same object or value as before. */
function patchOf(before: object, after: object): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  if (before === after) return patch;
  for (const field in after) {
    const value = (after as Record<string, unknown>)[field];
    if ((before as Record<string, unknown>)[field] !== value) patch[field] = value;
  }
  return patch;
}
