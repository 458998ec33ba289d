import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SlotAddress } from '../../actors/protocol/ids.js';
import { callStore, PortBlobStore } from '../../src/runtime/worker/port-blob-store.js';
import { Switchboard } from '../../src/runtime/worker/switchboard.js';
import { ThreadLinks } from '../../src/runtime/worker/thread-links.js';
import { nodeQueue } from '../../src/runtime/world/queue.js';
import { MemoryBlobStore } from '../../src/storage/memory/memory-blob-store.js';
import { blobStoreContract } from '../contracts/blob-store-contract.js';
import { dataLinksContract } from '../contracts/data-links-contract.js';
import { realUntil } from '../contracts/until.js';

const slotOf = (process: string, slot: number, incarnation = '1'): SlotAddress => ({ process, incarnation, slot });

/** Links as the threads of some slots have them, connected by one switchboard. */
function links(switchboard: Switchboard, slots: readonly SlotAddress[]): ThreadLinks {
  const made = new ThreadLinks((to, port) => switchboard.connect(to, port), null);
  for (const slot of slots) switchboard.attach(slot, (to, port) => made.accept(to, port));
  onTestFinished(() => made.close());
  return made;
}

dataLinksContract('threads of one process', async () => {
  const switchboard = new Switchboard();
  const a = links(switchboard, [slotOf('a', 0)]);
  const b = links(switchboard, [slotOf('b', 0), slotOf('b', 1), slotOf('b', 1, '2')]);
  return { a, b, until: realUntil };
});

describe('links between threads', () => {
  it('send: the frame is transferred, not copied; one that shares its buffer is copied', async () => {
    const switchboard = new Switchboard();
    const a = links(switchboard, [slotOf('a', 0)]);
    const b = links(switchboard, [slotOf('b', 0)]);
    const received: Uint8Array[] = [];
    b.listen(slotOf('b', 0), (frame) => received.push(frame));
    const whole = Uint8Array.of(1, 2, 3);
    const part = new Uint8Array(8).fill(7).subarray(2, 5);
    a.send(slotOf('a', 0), slotOf('b', 0), whole);
    a.send(slotOf('a', 0), slotOf('b', 0), part);
    expect([whole.length, part.length]).toEqual([0, 3]);
    await realUntil(() => received.length === 2);
    expect(received).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(7, 7, 7)]);
  });

  it('send: what nobody holds is lost, and the next frame finds whoever holds it by then', async () => {
    const switchboard = new Switchboard();
    const a = links(switchboard, [slotOf('a', 0)]);
    const received: number[] = [];
    a.send(slotOf('a', 0), slotOf('b', 0), Uint8Array.of(1));
    const b = links(switchboard, [slotOf('b', 0)]);
    b.listen(slotOf('b', 0), (frame) => received.push(frame[0] ?? 0));
    await realUntil(() => {
      a.send(slotOf('a', 0), slotOf('b', 0), Uint8Array.of(2));
      return received.length > 0;
    });
    expect(received).not.toContain(1);
  });
});

blobStoreContract('of the main thread, from the thread of a slot', async () => {
  const main = new MemoryBlobStore(nodeQueue);
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const store = new PortBlobStore((call, request, ...bytes) => port1.postMessage({ call, request }, bytes));
  port2.on('message', ({ call, request }) =>
    callStore(main, request, (result, ...bytes) => port2.postMessage({ call, result }, bytes)),
  );
  port1.on('message', ({ call, result }) => store.answered(call, result));
  return { store, other: main, until: realUntil };
});
