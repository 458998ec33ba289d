import { describe, expect, it } from 'vitest';
import { bytesOf, bytesText } from '../../../actors/protocol/memory-size.js';
import { leastMemory, MemoryShare, SlotMemory, slotBudget } from '../../../src/task/slot/slot-memory.js';

const megabyte = 1_048_576;
const needs = { cachedOperators: 0, inputs: 4, frameBytes: 32_768, windowFrames: 16 };

describe('managed memory of a slot: how it is shared out', () => {
  it('without state that is cached, channels have their windows, and output and snapshots share the rest', () => {
    expect(slotBudget(64 * megabyte, needs)).toEqual({
      cachedOperators: 0,
      operatorStateBytes: 0,
      stateBytes: 0,
      channelsBytes: 2 * megabyte,
      windowFrames: 16,
      outputBytes: 31 * megabyte,
      snapshotBytes: 31 * megabyte,
    });
  });

  it('caches have half of it, evenly by operator', () => {
    expect(slotBudget(64 * megabyte, { ...needs, cachedOperators: 4 })).toMatchObject({
      stateBytes: 32 * megabyte,
      operatorStateBytes: 8 * megabyte,
      outputBytes: 15 * megabyte,
    });
  });

  it('windows shrink where there are more channels than have room, and there is a least that holds a frame of each', () => {
    const many = { ...needs, inputs: 100 };
    expect(slotBudget(64 * megabyte, many)).toMatchObject({ windowFrames: 10 });
    expect(slotBudget(leastMemory(many), many)).toMatchObject({ windowFrames: 1 });
    expect(slotBudget(leastMemory(many) - 2, many)).toBeNull();
    const cached = { ...many, cachedOperators: 3 };
    expect(slotBudget(leastMemory(cached), cached)).toMatchObject({ windowFrames: 1 });
    expect(slotBudget(leastMemory(cached) - 4, cached)).toBeNull();
  });

  it('never adds up to more than there is', () => {
    for (const inputs of [0, 1, 7, 63])
      for (const cachedOperators of [0, 1, 3]) {
        const budget = slotBudget(4 * megabyte + 13, { ...needs, inputs, cachedOperators });
        if (budget === null) continue;
        const { stateBytes, channelsBytes, outputBytes, snapshotBytes } = budget;
        expect(stateBytes + channelsBytes + outputBytes + snapshotBytes).toBeLessThanOrEqual(4 * megabyte + 13);
      }
  });

  it('tells what each purpose has in use', () => {
    const memory = SlotMemory.of(64 * megabyte, needs) as SlotMemory;
    memory.output.take(300);
    memory.output.release(100);
    expect(
      memory.uses({ stateBytes: 5, channelsBytes: 7 }).map(({ purpose, usedBytes }) => [purpose, usedBytes]),
    ).toEqual([
      ['state', 5],
      ['channels', 7],
      ['output', 200],
      ['snapshots', 0],
    ]);
  });

  it('a share that holds nothing is never full, so that what is larger than it can pass alone', () => {
    const share = new MemoryShare(0);
    expect([share.isFull, share.isOver]).toEqual([false, false]);
    share.take(1);
    expect([share.isFull, share.isOver]).toEqual([true, true]);
  });
});

describe('managed memory: sizes as they are written', () => {
  it.each([
    ['256MB', 268_435_456],
    ['1gb', 1_073_741_824],
    ['64KB', 65_536],
    ['256', null],
    ['1.5GB', null],
    ['-1MB', null],
    ['99999999999GB', null],
  ])('%s is %s', (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes);
  });

  it.each([
    [268_435_456, '256MB'],
    [1_610_612_736, '1536MB'],
    [1_500_000, '1.4MB'],
    [12, '12 bytes'],
  ])('%i is told as %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});
