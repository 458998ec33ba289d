import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramedPair } from '../../specs/engine/task/framed-pair.js';
import type { Element } from '../../src/task/elements.js';

const seed = 20_261_131;

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.oneof(fc.nat(30), fc.nat(3_000)) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('control' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('poll' as const), count: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('grants' as const), count: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('loseGrants' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('twice' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const commands = fc.array(command, { maxLength: 120, size: 'max' });
const windowFrames = fc.integer({ min: 1, max: 5 });

/** Runs commands on a channel and keeps what went in and what came out. */
class Run {
  readonly pair: FramedPair;
  readonly sent: unknown[] = [];
  readonly received: unknown[] = [];
  private serial = 0;

  constructor(private readonly window: number) {
    this.pair = new FramedPair({ channelWindowFrames: window, frameBytes: 400, recordBytesMax: 10_000 }).open();
  }

  perform(item: Command): void {
    const { pair } = this;
    switch (item.kind) {
      case 'append': {
        // As a tasklet does: nothing is taken while the channel is blocked.
        if (pair.gauge.blocked) return;
        const value = `${this.serial++}:${'x'.repeat(item.bytes)}`;
        this.sent.push(value);
        pair.append(value);
        return;
      }
      case 'control': {
        const barrier = { kind: 'barrier', checkpoint: { epoch: 1, n: this.serial++ }, base: null } as const;
        this.sent.push(barrier.checkpoint.n);
        pair.output.control(barrier);
        return;
      }
      case 'flush':
        return pair.output.flush();
      case 'deliver':
        pair.deliver(item.count);
        return;
      case 'poll':
        return this.take(pair.poll(item.count));
      case 'grants':
        pair.deliverGrants(item.count);
        return;
      case 'loseGrants':
        pair.grants.length = 0;
        return;
      case 'repeat':
        pair.input.repeat();
        return pair.output.repeat();
      case 'twice': {
        const [frame] = pair.frames;
        if (frame !== undefined) pair.frames.unshift(frame);
        return;
      }
    }
  }

  /** The frames that wait at the receiver; those with records are within the window. */
  check(): void {
    const { receivedThrough, consumedThrough, grantedThrough } = this.pair.input.inspectInput();
    const { sentThrough } = this.pair.output.inspectOutput();
    expect(consumedThrough).toBeLessThanOrEqual(receivedThrough);
    expect(receivedThrough).toBeLessThanOrEqual(sentThrough);
    expect(grantedThrough).toBeLessThanOrEqual(consumedThrough + this.window);
    const isDuplicate = this.pair.input.inspectInput().duplicates > 0;
    const inFlight = new Set(this.pair.sequences().filter((sequence) => sequence > receivedThrough));
    if (!isDuplicate) expect(receivedThrough + inFlight.size).toBe(sentThrough);
  }

  heal(): void {
    // Bounded: each round of repetitions moves at least a window of frames.
    for (let round = 0; round < 400; round++) {
      this.perform({ kind: 'repeat' });
      this.take(this.pair.drain());
    }
  }

  take(elements: readonly Element[]): void {
    for (const element of elements) {
      if (element.kind === 'records') this.received.push(...element.values);
      else if (element.kind === 'barrier') this.received.push(element.checkpoint.n);
    }
  }
}

describe(`framed channel (seed ${seed})`, () => {
  it('never sticks and loses nothing while grants are lost, late or repeated, and frames come twice', () => {
    fc.assert(
      fc.property(commands, windowFrames, (items, window) => {
        const run = new Run(window);
        for (const item of items) {
          run.perform(item);
          run.check();
        }
        run.heal();
        expect(run.received).toEqual(run.sent);
        expect(run.pair.failures).toEqual([]);
        expect(run.pair.gauge.blocked).toBe(false);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('shows every lost suffix, and nothing behind it is used', () => {
    fc.assert(
      fc.property(commands, commands, fc.nat(100), windowFrames, (before, after, keep, window) => {
        const run = new Run(window);
        for (const item of before) run.perform(item);
        // The link breaks: what is on its way is lost from some frame on.
        const { length } = run.pair.frames;
        const kept = length === 0 ? 0 : keep % length;
        const lost = run.pair
          .sequences()
          .slice(kept)
          .filter((sequence) => sequence > run.pair.input.inspectInput().receivedThrough);
        const isLost = lost.some((sequence) => !run.pair.sequences().slice(0, kept).includes(sequence));
        run.pair.frames.length = kept;
        fc.pre(isLost);
        for (const item of after) run.perform(item);
        run.heal();
        expect(run.pair.failures[0]).toBe('CHANNEL_GAP');
        expect(run.sent.slice(0, run.received.length)).toEqual(run.received);
      }),
      { seed, numRuns: 300 },
    );
  });
});
