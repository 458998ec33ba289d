import { describe, expect, it } from 'vitest';
import { type DataStream, fixedDelayRetry } from 'weirflow';
import { type OperatorHarness, openHarness } from 'weirflow/testing';
import { microtasksOver } from '../../../src/runtime/world/microtasks.js';
import { values } from './events.js';

/** Calls that a spec answers in whatever order it likes. */
class Calls {
  readonly asked: number[] = [];
  private readonly open = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();

  readonly call = (n: number): Promise<string> => {
    this.asked.push(n);
    return new Promise((resolve, reject) => this.open.set(n, { resolve, reject }));
  };
  answer(...numbers: readonly number[]): void {
    for (const n of numbers) this.take(n)?.resolve(`answer ${n}`);
  }
  fail(n: number): void {
    this.take(n)?.reject(new Error(`no answer to ${n}`));
  }
  private take(n: number) {
    const call = this.open.get(n);
    this.open.delete(n);
    return call;
  }
}

/** What has been answered reaches the operator, although others are still open. */
async function arrived(harness: OperatorHarness<number, string>): Promise<void> {
  await microtasksOver();
  harness.advanceProcessingTime(0);
}

const forNumbers = (options: Parameters<DataStream<number>['asyncMap']>[1], calls: Calls) => ({
  build: (numbers: DataStream<number>) =>
    numbers.asyncMap((n) => calls.call(n), options as never) as DataStream<string>,
});

describe('Async I/O', () => {
  it('orderedWait: results come out in the order of their inputs', async () => {
    const calls = new Calls();
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000 }, calls));
    for (const n of [1, 2, 3]) harness.push(n);
    calls.answer(3, 2, 1);
    await harness.callsSettled();
    expect(values(harness.output())).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('unorderedWait: results come out as they come, and none crosses a watermark', async () => {
    const calls = new Calls();
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000, order: 'unordered' }, calls));
    harness.push(1, 1);
    harness.push(2, 2);
    harness.watermark(2);
    harness.push(3, 3);
    calls.answer(3, 2);
    await arrived(harness);
    expect(values(harness.output())).toEqual(['answer 2']);
    calls.answer(1);
    await harness.callsSettled();
    expect(values(harness.output())).toEqual(['answer 1', 'answer 3']);
    expect(harness.outputWatermark).toBe(2);
  });

  it('capacity bounds what is in flight; the rest waits', async () => {
    const calls = new Calls();
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000, capacity: 2 }, calls));
    for (const n of [1, 2, 3]) harness.push(n);
    expect(calls.asked).toEqual([1, 2]);
    calls.answer(1, 2);
    await arrived(harness);
    expect(calls.asked).toEqual([1, 2, 3]);
    calls.answer(3);
    await harness.callsSettled();
    expect(values(harness.output())).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });

  it('a timeout fails the job', async () => {
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000 }, new Calls()));
    harness.push(1);
    harness.advanceProcessingTime(999);
    expect(() => harness.advanceProcessingTime(1)).toThrow(/1000 ms/);
  });

  it('timeout() overridden answers in its place', async () => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) =>
        numbers.asyncMap<string>(
          { invoke: () => new Promise(() => undefined), timeout: (n) => `gave up ${n}` },
          { timeoutMs: 1_000 },
        ),
    });
    harness.push(1);
    harness.advanceProcessingTime(1_000);
    expect(values(harness.output())).toEqual(['gave up 1']);
  });

  it('a retry tries again, and the timeout spans all tries', async () => {
    const calls = new Calls();
    const retry = fixedDelayRetry<string>({ retriesMax: 5, delayMs: 400 });
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000, retry } as never, calls));
    harness.push(1);
    calls.fail(1);
    await harness.callsSettled();
    harness.advanceProcessingTime(400);
    expect(calls.asked).toEqual([1, 1]);
    calls.fail(1);
    await harness.callsSettled();
    expect(() => harness.advanceProcessingTime(600)).toThrow(/1000 ms/);
  });

  it('inputs in flight are checkpointed and asked about again', async () => {
    const calls = new Calls();
    const harness = await openHarness(forNumbers({ timeoutMs: 1_000 }, calls));
    for (const n of [1, 2]) harness.push(n);
    harness.restore(harness.snapshot());
    expect(calls.asked).toEqual([1, 2, 1, 2]);
    calls.answer(1, 2);
    await harness.callsSettled();
    expect(values(harness.output())).toEqual(['answer 1', 'answer 2']);
  });
});
