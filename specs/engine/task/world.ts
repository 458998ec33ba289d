import type { SlotAddress } from '../../../actors/protocol/ids.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import type { DataLinks } from '../../../src/ports/bus.js';
import type { Clock, Loop, Loops, Turn } from '../../../src/ports/clock.js';

/** What a store does with a call: answers, says that it does not know, or says nothing at all. */
export type StoreMood = 'well' | 'unknown' | 'mute';

/** What a link does with a frame. `lost` stands for a disconnect: with real links everything behind it is lost too. */
export type LinkMood = 'well' | 'lost' | 'twice' | 'damaged';

export interface SentFrame {
  readonly from: SlotAddress;
  readonly to: SlotAddress;
  readonly bytes: Uint8Array;
}

interface Planned {
  readonly atMs: number;
  readonly seq: number;
  readonly run: () => void;
  canceled: boolean;
}

const turnMs = 0.1;
const hopMs = 1;

/**
 * A world in one thread on virtual time, small enough to see through: what happens follows from the calls alone. Links and the store
 * are as well as their moods; those are functions, so that a spec says when.
 */
export class World {
  nowMs = 0;
  turnRecordsMax = 64;
  linkMood: (frame: SentFrame) => LinkMood = () => 'well';
  storeMood: (call: 'put' | 'read', name: string) => StoreMood = () => 'well';
  readonly blobs = new Map<string, Uint8Array>();
  private planned: Planned[] = [];
  private seq = 0;
  private readonly slots = new Map<string, (frame: Uint8Array) => void>();

  readonly clock: Clock = {
    monotonicMs: () => this.nowMs,
    wallMs: () => this.nowMs + 1_000_000,
    setTimer: (delayMs, fire) => {
      const planned = this.later(delayMs, fire);
      return {
        cancel: () => {
          planned.canceled = true;
        },
      };
    },
  };

  readonly loops: Loops = { create: (turn) => this.createLoop(turn) };

  readonly links: DataLinks = {
    send: (from, to, bytes) => this.send({ from, to, bytes }),
    listen: (slot, receive) => {
      const name = slotText(slot);
      this.slots.set(name, receive);
      return () => {
        if (this.slots.get(name) === receive) this.slots.delete(name);
      };
    },
  };

  readonly store: BlobStore = {
    put: (name, bytes, done) =>
      this.perform(
        'put',
        name,
        () => {
          this.blobs.set(name, bytes.slice());
          return () => done({ outcome: 'stored' });
        },
        () => done({ outcome: 'unknown' }),
      ),
    read: (name, done) =>
      this.perform(
        'read',
        name,
        () => {
          const bytes = this.blobs.get(name);
          return () => done(bytes === undefined ? { outcome: 'missing' } : { outcome: 'read', bytes });
        },
        () => done({ outcome: 'unknown' }),
      ),
    create: () => notNeeded('create'),
    list: () => notNeeded('list'),
    delete: (name, done) => {
      this.later(hopMs, () => {
        this.blobs.delete(name);
        this.later(hopMs, () => done({ outcome: 'deleted' }));
      });
    },
  };

  later(delayMs: number, run: () => void): { canceled: boolean } {
    this.seq += 1;
    const planned: Planned = { atMs: this.nowMs + Math.max(0, delayMs), seq: this.seq, run, canceled: false };
    this.planned.push(planned);
    return planned;
  }

  /** Runs everything that is due within this time. */
  runFor(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (let next = this.earliest(); next !== null && next.atMs <= untilMs; next = this.earliest()) this.step(next);
    this.nowMs = untilMs;
  }

  /** Runs until the condition holds; throws when it does not within the time. */
  runUntil(condition: () => boolean, what = 'the condition', withinMs = 30_000): void {
    const untilMs = this.nowMs + withinMs;
    while (!condition()) {
      const next = this.earliest();
      if (next === null || next.atMs > untilMs) throw new Error(`${what} did not come true within ${withinMs} ms`);
      this.step(next);
    }
  }

  private step(planned: Planned): void {
    this.planned.splice(this.planned.indexOf(planned), 1);
    this.nowMs = Math.max(this.nowMs, planned.atMs);
    planned.run();
  }

  private earliest(): Planned | null {
    this.planned = this.planned.filter(({ canceled }) => !canceled);
    let earliest: Planned | null = null;
    for (const planned of this.planned) {
      const isEarlier =
        earliest === null ||
        planned.atMs < earliest.atMs ||
        (planned.atMs === earliest.atMs && planned.seq < earliest.seq);
      if (isEarlier) earliest = planned;
    }
    return earliest;
  }

  private createLoop(turn: (recordsMax: number) => Turn): Loop {
    let due = false;
    let stopped = false;
    const loop: Loop = {
      wake: () => {
        if (due || stopped) return;
        due = true;
        this.later(turnMs, () => {
          due = false;
          if (!stopped && turn(this.turnRecordsMax) === 'more') loop.wake();
        });
      },
      stop: () => {
        stopped = true;
      },
    };
    return loop;
  }

  private send(frame: SentFrame): void {
    const mood = this.linkMood(frame);
    if (mood === 'lost') return;
    const bytes = frame.bytes.slice();
    if (mood === 'damaged') bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 0xff;
    const deliver = (): void => this.slots.get(slotText(frame.to))?.(bytes);
    this.later(hopMs, deliver);
    if (mood === 'twice') this.later(hopMs, deliver);
  }

  private perform(call: 'put' | 'read', name: string, effect: () => () => void, unknown: () => void): void {
    const mood = this.storeMood(call, name);
    this.later(hopMs, () => {
      const answer = effect();
      if (mood !== 'mute') this.later(hopMs, mood === 'well' ? answer : unknown);
    });
  }
}

const slotText = (slot: SlotAddress): string => `${slot.process}@${slot.incarnation}/${slot.slot}`;

function notNeeded(call: string): never {
  throw new Error(`the data plane does not call ${call}`);
}
