import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Envelope } from '../../../src/runtime/host/envelope.js';
import {
  isStored,
  LargeMessages,
  type StoredMessage,
  sweepMessages,
} from '../../../src/runtime/host/large-messages.js';
import { nodeQueue } from '../../../src/runtime/world/queue.js';
import { MemoryBlobStore } from '../../../src/storage/memory/memory-blob-store.js';
import { realUntil } from '../../contracts/until.js';
import { VirtualClock } from '../connectors/virtual-clock.js';

const address = { process: 'tm-1', incarnation: 'i1', actor: 'x' };
const envelopeOf = (message: AnyMessage): Envelope => ({
  to: address,
  from: address,
  epoch: null,
  kind: 'ask',
  ask: 'q',
  message,
});

class Pair {
  readonly blobs = new MemoryBlobStore(nodeQueue);
  readonly clock = new VirtualClock();
  readonly large = new LargeMessages(this.blobs, this.clock, { process: 'tm-1', incarnation: 'i1' });
  readonly sent: StoredMessage[] = [];

  async send(envelope: Envelope): Promise<StoredMessage> {
    const before = this.sent.length;
    this.large.send(envelope, (stored) => this.sent.push(stored));
    await realUntil(() => this.sent.length > before);
    return this.sent.at(-1) as StoredMessage;
  }

  async names(): Promise<readonly string[]> {
    let names: readonly string[] | null = null;
    this.blobs.list('', (result) => {
      names = result.outcome === 'listed' ? result.names : [];
    });
    await realUntil(() => names !== null);
    return names ?? [];
  }

  /** What reading gives, or null when the store has been read and nothing came of it. */
  async read(stored: StoredMessage): Promise<AnyMessage | null> {
    const read: AnyMessage[] = [];
    this.large.read(stored, (message) => read.push(message));
    await this.names();
    return read[0] ?? null;
  }
}

describe('host: messages too long for an envelope', () => {
  const message = { type: 'subtask.snapshotted', groups: Array.from({ length: 50_000 }, (_, n) => ({ group: n })) };

  it('are stored once for all repetitions of a question, and read whole', async () => {
    const pair = new Pair();
    const envelope = envelopeOf(message);
    const stored = await pair.send(envelope);
    expect(isStored(stored)).toBe(true);
    expect(await pair.send(envelope)).toBe(stored);
    expect(await pair.names()).toEqual(['messages/tm-1/i1/1']);
    expect(await pair.read(stored)).toEqual(message);
  });

  it('are deleted after a while, and stored again for a question that is still asked', async () => {
    const pair = new Pair();
    const envelope = envelopeOf(message);
    const stored = await pair.send(envelope);
    pair.clock.pass(30_000);
    expect(await pair.names()).toEqual([]);
    expect(await pair.read(stored)).toBeNull();
    expect((await pair.send(envelope)).blob.name).toBe('messages/tm-1/i1/2');
  });

  it('are lost, like any other message, when they are not what was written', async () => {
    const pair = new Pair();
    const stored = await pair.send(envelopeOf(message));
    const { blob } = stored;
    expect(await pair.read({ ...stored, blob: { ...blob, checksum: '00000000' } })).toBeNull();
    expect(await pair.read({ ...stored, blob: { ...blob, bytes: 1 } })).toBeNull();
    expect(isStored({ ...stored, blob: { ...blob, name: 'jobs/flights/record' } } as StoredMessage)).toBe(false);
    expect(isStored({ type: 'wire.stored' })).toBe(false);
  });

  it('are swept by the next leader when their writer is gone', async () => {
    const pair = new Pair();
    await pair.send(envelopeOf(message));
    sweepMessages(pair.blobs);
    expect(await pair.names()).toHaveLength(1);
    expect(await pair.names()).toEqual([]);
  });
});
