import type { BlobStore, CreateResult, DeleteResult, ListResult, PutResult, ReadResult } from '../ports/blob-store.js';
import type { SimProcess } from './sim-process.js';
import type { SimWorld } from './world.js';

/** What the checkers are told of the store, at the moment it takes effect. */
export interface StoreEvent {
  readonly kind: 'put' | 'create' | 'delete';
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The life that asked for it, which may be over. */
  readonly process: string;
  readonly life: number;
}

const latencyMs = 1;
/** Longer than any deadline of a store in a simulated cluster. */
const lateMsMax = 1_000;

/** The durable store of a simulated world: shared by all lives of all processes, atomic, and slow, mute or lossy when the choices say so. */
export class SimStore {
  readonly blobs = new Map<string, Uint8Array>();

  constructor(
    private readonly world: SimWorld,
    private readonly observe: (event: StoreEvent) => void,
  ) {}

  of(process: SimProcess): BlobStore {
    return {
      put: (name, bytes, done) =>
        this.perform<PutResult>(process, 'put', name, done, () => {
          this.write('put', name, bytes, process);
          return { outcome: 'stored' };
        }),
      create: (name, bytes, done) =>
        this.perform<CreateResult>(process, 'create', name, done, () => {
          if (this.blobs.has(name)) return { outcome: 'exists' };
          this.write('create', name, bytes, process);
          return { outcome: 'created' };
        }),
      read: (name, done) =>
        this.perform<ReadResult>(process, 'read', name, done, () => {
          const bytes = this.blobs.get(name);
          return bytes === undefined ? { outcome: 'missing' } : { outcome: 'read', bytes };
        }),
      list: (prefix, done) =>
        this.perform<ListResult>(process, 'list', prefix, done, () => {
          const names = [...this.blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
          return { outcome: 'listed', names };
        }),
      delete: (name, done) =>
        this.perform<DeleteResult>(process, 'delete', name, done, () => {
          if (this.blobs.delete(name))
            this.observe({ kind: 'delete', name, bytes: nothing, process: process.name, life: process.life });
          return { outcome: 'deleted' };
        }),
    };
  }

  private write(kind: 'put' | 'create', name: string, bytes: Uint8Array, process: SimProcess): void {
    const copy = bytes.slice();
    this.blobs.set(name, copy);
    this.observe({ kind, name, bytes: copy, process: process.name, life: process.life });
  }

  /** Takes effect after the way there, also if the asking process is dead by then; answers after the way back. */
  private perform<R>(
    process: SimProcess,
    call: string,
    name: string,
    done: (result: R) => void,
    effect: () => R,
  ): void {
    process.enter();
    const { world } = this;
    const { storeLate, storeMute, storeLost } = world.rates;
    const total = storeLate + storeMute + storeLost;
    const value =
      total === 0 && !world.replaying
        ? 0
        : world.choices.next(`store:${process.name}:${call}:${shapeOf(name)}`, total, 1_000_000);
    const point = value === 0 ? Number.POSITIVE_INFINITY : (((value - 1) % 997) / 997) * total;
    const lost = point < storeLost;
    const mute = point < storeLost + storeMute;
    // Late effects are the dangerous ones: half of the late calls take effect late, the others only answer late.
    const extraMs = point < total && !mute ? 1 + (value % lateMsMax) : 0;
    const effectLate = value % 2 === 0;
    if (lost) return;
    const thereMs = latencyMs + (effectLate ? extraMs : 0);
    const backMs = latencyMs + (effectLate ? 0 : extraMs);
    world.queue.add(world.nowMs + thereMs, () => {
      const result = effect();
      if (!mute) world.queue.add(world.nowMs + backMs, () => process.dispatch(() => done(result)));
    });
  }
}

const nothing = new Uint8Array(0);

/** The kind of thing a name stands for, so that choices keep their meaning from run to run of the job. */
function shapeOf(name: string): string {
  const parts = name.split('/');
  return parts.length > 2 ? (parts[2] as string) : (parts[0] as string);
}
