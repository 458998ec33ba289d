import { createInbox } from '@nats-io/transport-node';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Unlisten } from '../../ports/bus.js';
import type { TraceLine, WatchLine } from '../../ports/trace-line.js';
import { deliver } from './deliver.js';
import type { NatsLink } from './nats-link.js';
import { everyTraceSubject, traceSubject, watchSubject } from './subjects.js';

/**
 * A TraceLine and a WatchLine over core NATS. A process gives it a link that is not its control connection: whoever watches must not
 * delay heartbeats. What is sent while the connection is down, or is larger than the server takes, is lost without a word.
 */
export class NatsTrace implements TraceLine, WatchLine {
  private readonly inbox: string;

  constructor(private readonly link: NatsLink) {
    this.inbox = createInbox(link.inboxPrefix);
  }

  hear(receive: (request: Uint8Array, answer: (bytes: Uint8Array) => void) => void): Unlisten {
    const { link } = this;
    const subscription = link.connection.subscribe(watchSubject(link.cluster), {
      callback: (error, message) => {
        if (error !== null) return;
        const { reply } = message;
        if (reply === undefined) return;
        deliver((request) => receive(request, (bytes) => this.send(reply, bytes)), message.data);
      },
    });
    return () => subscription.unsubscribe();
  }

  publish(process: ProcessName, role: string, bytes: Uint8Array): void {
    this.send(traceSubject(this.link.cluster, process, role), bytes);
  }

  request(bytes: Uint8Array): void {
    const { link } = this;
    if (link.up) link.connection.publish(watchSubject(link.cluster), bytes, { reply: this.inbox });
  }

  listen(receive: (bytes: Uint8Array) => void): Unlisten {
    const { connection, cluster } = this.link;
    const subscriptions = [this.inbox, everyTraceSubject(cluster)].map((subject) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          // The server's own answer, that nobody hears, has no content.
          if (error === null && message.data.byteLength > 0) deliver(receive, message.data);
        },
      }),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  private send(subject: string, bytes: Uint8Array): void {
    const { link } = this;
    if (link.up && bytes.byteLength <= link.payloadBytesMax) link.connection.publish(subject, bytes);
  }
}
