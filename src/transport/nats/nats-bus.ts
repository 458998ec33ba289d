import { createInbox, type Msg } from '@nats-io/transport-node';
import { invariant } from '../../../actors/kernel/invariant.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Bus, Unlisten } from '../../ports/bus.js';
import { deliver } from './deliver.js';
import type { NatsLink } from './nats-link.js';
import {
  broadcastSubject,
  controlSubject,
  everyBroadcastSubject,
  everyControlSubject,
  isSubjectName,
} from './subjects.js';

/** How many of the latest messages are remembered, in case the server says that nobody listened to them. */
const rememberedMax = 8_192;
const nobodyListens = 503;

/**
 * A Bus over core NATS, on a connection of its own. A process has one subscription of its own, so that the server itself says whether
 * somebody listens there: it answers a message with a reply subject that nobody was subscribed to. An unanswered one may have been
 * delivered. What is broadcast comes by a subscription that all processes have.
 *
 * Lost without a word is what is sent while the connection is down. Told to `onTrouble` and lost: a message above the server's
 * `max_payload` (CONTROL_MESSAGE_TOO_LARGE), and one to a name that cannot be in a subject (NAME_INVALID).
 */
export class NatsBus implements Bus {
  private readonly inbox: string;
  /** By the number of the message, oldest first. */
  private readonly unanswered = new Map<number, () => void>();
  private sent = 0;

  constructor(private readonly link: NatsLink) {
    this.inbox = createInbox(link.inboxPrefix);
    link.connection.subscribe(`${this.inbox}.*`, { callback: (error, message) => this.answered(error, message) });
  }

  send(to: ProcessName, topic: string, bytes: Uint8Array, unreachable: (() => void) | null): void {
    const { link } = this;
    if (!link.up) return;
    if (!isSubjectName(to)) {
      return link.tell('NAME_INVALID', `A message (${topic}) to the process ${JSON.stringify(to)} cannot be sent.`);
    }
    if (bytes.byteLength > link.payloadBytesMax) return this.tellTooLarge(to, topic, bytes.byteLength);
    const subject = controlSubject(link.cluster, to, topic);
    if (unreachable === null) link.connection.publish(subject, bytes);
    else link.connection.publish(subject, bytes, { reply: `${this.inbox}.${this.remember(unreachable)}` });
  }

  broadcast(topic: string, bytes: Uint8Array): void {
    const { link } = this;
    if (!link.up) return;
    if (bytes.byteLength > link.payloadBytesMax) return this.tellTooLarge('every process', topic, bytes.byteLength);
    link.connection.publish(broadcastSubject(link.cluster, topic), bytes);
  }

  listen(process: ProcessName, receive: (bytes: Uint8Array) => void): Unlisten {
    const { link } = this;
    invariant(isSubjectName(process), 'not the name of a process', { process });
    const subjects = [everyControlSubject(link.cluster, process), everyBroadcastSubject(link.cluster)];
    const subscriptions = subjects.map((subject) =>
      link.connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) deliver(receive, message.data);
        },
      }),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  private remember(unreachable: () => void): number {
    this.sent += 1;
    this.unanswered.set(this.sent, unreachable);
    if (this.unanswered.size > rememberedMax) this.unanswered.delete(this.sent - rememberedMax);
    return this.sent;
  }

  private answered(error: Error | null, message: Msg): void {
    if (error !== null || message.headers?.code !== nobodyListens) return;
    const number = Number(message.subject.slice(this.inbox.length + 1));
    const unreachable = this.unanswered.get(number);
    // Answers come in the order of the messages, so the earlier ones were delivered.
    for (const earlier of this.unanswered.keys()) {
      if (earlier > number) break;
      this.unanswered.delete(earlier);
    }
    if (unreachable !== undefined) deliver(unreachable, undefined);
  }

  private tellTooLarge(to: ProcessName, topic: string, bytes: number): void {
    const message =
      `A message (${topic}) to ${to} has ${bytes} bytes, and the NATS server takes ${this.link.payloadBytesMax}. ` +
      'It was not sent. Raise max_payload in the configuration of the server.';
    this.link.tell('CONTROL_MESSAGE_TOO_LARGE', message);
  }
}
