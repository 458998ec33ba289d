import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { ActorName, Address, Incarnation, ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames, anyIncarnation } from '../../../actors/protocol/ids.js';
import type { Versions } from '../../../actors/protocol/versions.js';
import type { Bus, Unlisten } from '../../ports/bus.js';
import type { Clock } from '../../ports/clock.js';
import { Asks } from '../host/asks.js';
import { decodeEnvelope, EnvelopeWriter, refusedVersions } from '../host/envelope.js';

export type ClientAnswer =
  | { readonly kind: 'answered'; readonly message: AnyMessage }
  /** The asked process is of another version, and these are its. */
  | { readonly kind: 'refused'; readonly versions: Versions }
  | { readonly kind: 'expired' };

/** Whom a question is for, where that is not the dispatcher, and whom to tell that nobody listens there just now. */
export interface ClientQuestion {
  readonly actor?: ActorName;
  readonly unreachable?: () => void;
}

/** Asks the leader's actors from outside the cluster: the same question until it is answered or its deadline passes. */
export class Client {
  private readonly asks: Asks;
  private readonly waiting = new Map<string, (answer: ClientAnswer) => void>();
  private readonly unlisten: Unlisten;
  private readonly self: Address;
  private count = 0;

  constructor(
    private readonly bus: Bus,
    clock: Clock,
    process: ProcessName,
    incarnation: Incarnation,
    private readonly leader: ProcessName,
  ) {
    this.asks = new Asks(clock);
    this.self = { process, incarnation, actor: actorNames.client };
    this.unlisten = bus.listen(process, (bytes) => this.receive(bytes));
  }

  ask(
    message: AnyMessage,
    everyMs: number,
    deadlineMs: number,
    done: (answer: ClientAnswer) => void,
    { actor = actorNames.dispatcher, unreachable }: ClientQuestion = {},
  ): void {
    this.count += 1;
    const id = `${message.type}/${this.count}`;
    const to = { process: this.leader, incarnation: anyIncarnation, actor };
    const bytes = new EnvelopeWriter().encode({ to, from: this.self, epoch: null, kind: 'ask', ask: id, message });
    this.waiting.set(id, done);
    this.asks.start({
      id,
      everyMs,
      deadlineMs,
      ask: () => this.bus.send(this.leader, `ask.${message.type}`, bytes, unreachable ?? null),
      expired: () => this.end(id, { kind: 'expired' }),
    });
  }

  close(): void {
    this.unlisten();
    this.asks.endAll();
    this.waiting.clear();
  }

  private receive(bytes: Uint8Array): void {
    const envelope = decodeEnvelope(bytes);
    // An absent dispatcher is one that has not started yet: the asking goes on.
    if ('malformed' in envelope || 'foreignVersion' in envelope) return;
    if (envelope.to.incarnation !== this.self.incarnation) return;
    if (envelope.kind === 'refused')
      return this.end(envelope.ask, { kind: 'refused', versions: refusedVersions(envelope) });
    if (envelope.kind === 'answer') this.end(envelope.ask, { kind: 'answered', message: envelope.message });
  }

  private end(id: string, answer: ClientAnswer): void {
    if (!this.asks.take(id)) return;
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    done?.(answer);
  }
}
