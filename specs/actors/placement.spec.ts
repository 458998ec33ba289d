import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions, type SlotPlacement } from '../../actors/protocol/deployment.js';
import type { SlotAddress } from '../../actors/protocol/ids.js';
import { resourceManagerActor } from '../../actors/resource-manager/machine.js';
import { Driver } from './driver.js';

const at = (process: string, slot: number): SlotAddress => ({ process, incarnation: 'i1', slot });

const versions = { engine: '1.0.0', wire: 1 };

/** Three task managers with two slots each, and what jobs are given of them: `a0 b1`. */
class Cluster extends Driver {
  constructor(placement: SlotPlacement, memoryBytes: Readonly<Record<string, number>> = {}) {
    super(resourceManagerActor, { epoch: 1, versions, options: { ...defaultClusterOptions, placement } });
    const slots = [0, 1].map((slot) => ({ slot, allocation: null, progress: 0, subtasks: [] }));
    for (const process of ['a', 'b', 'c']) {
      const slotMemoryBytes = memoryBytes[process] ?? 64;
      this.ask(
        {
          type: 'resourceManager.register',
          process,
          incarnation: 'i1',
          versions,
          slotMemoryBytes,
          slots,
        } as AnyMessage,
        'register',
      );
    }
  }

  request(job: string, count: number, asked = 0): string {
    const wish = { type: 'resourceManager.requestSlots', job, run: 1, count, slotMemoryBytes: asked };
    const answer = this.ask(wish as AnyMessage, 'request');
    if (!('slots' in answer)) return 'refused';
    return (answer.slots as readonly SlotAddress[]).map(({ process, slot }) => `${process}${slot}`).join(' ');
  }

  end(job: string, closed: readonly SlotAddress[]): void {
    this.tell({ type: 'resourceManager.releaseSlots', job, throughRun: 1, closed } as AnyMessage);
  }
}

describe('resource manager: placement on three task managers with two slots each', () => {
  it.each([
    ['spread', 2, 'a0 b0'],
    ['spread', 3, 'a0 b0 c0'],
    ['spread', 4, 'a0 a1 b0 c0'],
    ['pack', 2, 'a0 a1'],
    ['pack', 3, 'a0 a1 b0'],
    ['pack', 6, 'a0 a1 b0 b1 c0 c1'],
  ] as const)('%s: a job of %i slots gets %s', (placement, count, slots) => {
    expect(new Cluster(placement).request('job', count)).toBe(slots);
  });

  it('spread: the next job goes where the fewest slots are in use', () => {
    const cluster = new Cluster('spread');
    cluster.request('first', 4);
    expect(cluster.request('second', 2)).toBe('b1 c1');
  });

  it('pack: the next job goes on where one has begun, and what is free again is filled before the rest', () => {
    const cluster = new Cluster('pack');
    cluster.request('first', 3);
    expect(cluster.request('second', 1)).toBe('b1');
    cluster.end('first', [at('a', 0), at('a', 1), at('b', 0)]);
    expect(cluster.request('third', 2)).toBe('a0 b0');
  });

  it('a job that asks for managed memory gets no slot with less, whatever else is free', () => {
    const cluster = new Cluster('spread', { a: 64, b: 512, c: 256 });
    expect(cluster.request('large', 3, 256)).toBe('b0 b1 c0');
    expect(cluster.request('larger', 2, 256)).toBe('refused');
    expect(cluster.context).toMatchObject({
      shortages: [{ job: 'larger', wanted: 2, available: 1, slotMemoryBytes: 256, tooSmall: 2 }],
    });
    expect(cluster.request('any', 3)).toBe('a0 a1 c1');
  });
});
