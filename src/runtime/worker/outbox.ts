import type { MessagePort, TransferListItem } from 'node:worker_threads';
import type { ClientOutput } from '../../ports/client-output.js';
import type { OutputWindow } from './output-window.js';
import type { ClientOutputMessage, ConsoleLine, FromSlot } from './slot-messages.js';

/**
 * What the thread of a slot says to the main thread: everything of one turn of its event loop in one message, in order. So values
 * that were delivered arrive before the word that they are committed.
 */
export class Outbox implements ClientOutput {
  private messages: FromSlot[] = [];
  private transfers: TransferListItem[] = [];
  private readonly flushLater = (): void => this.flush();

  constructor(
    private readonly port: MessagePort,
    private readonly window: OutputWindow,
  ) {}

  post(message: FromSlot, ...transfers: readonly TransferListItem[]): void {
    if (this.messages.length === 0) queueMicrotask(this.flushLater);
    this.messages.push(message);
    this.transfers.push(...transfers);
  }

  line(text: string): void {
    this.output({ kind: 'line', text });
  }

  deliver(collection: string, id: string, values: readonly unknown[]): void {
    this.output({ kind: 'deliver', collection, id, values });
  }

  console(line: ConsoleLine): void {
    this.output({ kind: 'console', line });
  }

  flush(): void {
    if (this.messages.length === 0) return;
    const { messages, transfers } = this;
    this.messages = [];
    this.transfers = [];
    this.port.postMessage(messages, transfers);
  }

  private output(message: ClientOutputMessage): void {
    this.window.enter(message, this.flushLater);
    this.post(message);
  }
}
