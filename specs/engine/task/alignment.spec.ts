import { describe, expect, it } from 'vitest';
import type { Barrier } from '../../../src/task/elements.js';
import { Alignment } from '../../../src/task/gate/alignment.js';

const id = (n: number, epoch = 1) => ({ epoch, n });
const barrier = (n: number, epoch = 1): Barrier => ({ kind: 'barrier', checkpoint: id(n, epoch), base: null });

describe('alignment', () => {
  it('blocks a channel at its barrier until the others are there', () => {
    const alignment = new Alignment(3);
    expect(alignment.barrier(1, barrier(1), 100).change).toEqual({ kind: 'none' });
    expect([0, 1, 2].map((channel) => alignment.isBlocked(channel))).toEqual([false, true, false]);
    alignment.barrier(0, barrier(1), 110);
    expect(alignment.barrier(2, barrier(1), 150).change).toEqual({
      kind: 'aligned',
      barrier: barrier(1),
      startedMs: 100,
    });
    expect([0, 1, 2].some((channel) => alignment.isBlocked(channel))).toBe(false);
  });

  it('at least once: counts the barriers, and blocks no channel', () => {
    const alignment = new Alignment(3, 'atLeastOnce');
    alignment.barrier(1, barrier(1), 100);
    expect([0, 1, 2].some((channel) => alignment.isBlocked(channel))).toBe(false);
    alignment.barrier(0, barrier(1), 110);
    expect(alignment.barrier(0, barrier(1), 111).change).toEqual({ kind: 'none' });
    expect(alignment.barrier(2, barrier(1), 150).change).toMatchObject({ kind: 'aligned', startedMs: 100 });
    expect(alignment.barrier(1, barrier(2), 160)).toMatchObject({ superseded: null, change: { kind: 'none' } });
  });

  it('counts a channel that has ended as aligned, before and during', () => {
    const alignment = new Alignment(3);
    alignment.end(0);
    alignment.barrier(1, barrier(1), 0);
    expect(alignment.end(2)).toMatchObject({ kind: 'aligned' });
  });

  it('has nothing to align when all channels end without a barrier', () => {
    const alignment = new Alignment(2);
    expect(alignment.end(0)).toEqual({ kind: 'none' });
    expect(alignment.end(1)).toEqual({ kind: 'none' });
    expect(alignment.allEnded).toBe(true);
  });

  it('gives up an older checkpoint for the barrier of a newer one', () => {
    const alignment = new Alignment(2);
    alignment.barrier(0, barrier(1), 0);
    const { superseded, change } = alignment.barrier(1, barrier(2), 5);
    expect(superseded).toEqual(id(1));
    expect(change).toEqual({ kind: 'none' });
    expect(alignment.isBlocked(0)).toBe(false);
    expect(alignment.barrier(0, barrier(2), 9).change).toEqual({ kind: 'aligned', barrier: barrier(2), startedMs: 5 });
  });

  it('ignores barriers of checkpoints that are over: ids strictly increase', () => {
    const alignment = new Alignment(2);
    alignment.barrier(0, barrier(2), 0);
    alignment.barrier(1, barrier(2), 0);
    for (const late of [barrier(1), barrier(2)]) {
      expect(alignment.barrier(0, late, 1)).toEqual({ superseded: null, change: { kind: 'none' } });
      expect(alignment.isBlocked(0)).toBe(false);
    }
    // A new leader counts from 1 again, under a greater epoch.
    alignment.barrier(0, barrier(1, 2), 2);
    expect(alignment.isBlocked(0)).toBe(true);
  });

  it('ignores an older barrier while a newer one is being aligned', () => {
    const alignment = new Alignment(2);
    alignment.barrier(0, barrier(2), 0);
    expect(alignment.barrier(1, barrier(1), 0)).toEqual({ superseded: null, change: { kind: 'none' } });
    expect(alignment.isBlocked(1)).toBe(false);
    expect(alignment.aligning).toEqual(id(2));
  });

  it('opens all channels when the checkpoint is aborted, and ignores its barriers from then on', () => {
    const alignment = new Alignment(2);
    alignment.barrier(0, barrier(3), 0);
    alignment.giveUp(id(3));
    expect(alignment.isBlocked(0)).toBe(false);
    alignment.barrier(1, barrier(3), 1);
    expect(alignment.isBlocked(1)).toBe(false);
    expect(alignment.aligning).toBeNull();
  });

  it('goes on aligning a newer checkpoint when an older one is aborted', () => {
    const alignment = new Alignment(2);
    alignment.barrier(0, barrier(3), 0);
    alignment.giveUp(id(2));
    expect(alignment.isBlocked(0)).toBe(true);
    expect(alignment.barrier(1, barrier(3), 1).change.kind).toBe('aligned');
  });
});
