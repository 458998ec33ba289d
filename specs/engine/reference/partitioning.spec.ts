import { describe, expect, it } from 'vitest';
import {
  type DataStream,
  type Instance,
  outputTag,
  type ProcessContext,
  type ProcessFunction,
  tumblingEventTimeWindows,
} from 'weirflow';
import { openHarness } from 'weirflow/testing';
import { values } from './events.js';

/** Says which parallel instance got a record. */
class Where implements ProcessFunction<number, string> {
  private index = -1;
  open({ subtaskIndex }: Instance): void {
    this.index = subtaskIndex;
  }
  processElement(n: number, { emit }: ProcessContext<string>): void {
    emit(`${n}→${this.index}`);
  }
}

/** Where the numbers 0 to 5 go, at a parallelism of 3. */
async function places(partition: (numbers: DataStream<number>) => DataStream<number>): Promise<readonly string[]> {
  const harness = await openHarness({
    build: (numbers: DataStream<number>) => partition(numbers).process(new Where()),
    parallelism: 3,
  });
  for (let n = 0; n < 6; n++) harness.push(n);
  return values(harness.output());
}

describe('Partitioning', () => {
  it('rebalance deals out round robin', async () => {
    expect(await places((numbers) => numbers.rebalance())).toEqual(['0→0', '1→1', '2→2', '3→0', '4→1', '5→2']);
  });

  it('global sends everything to subtask 0', async () => {
    expect(await places((numbers) => numbers.global())).toEqual(['0→0', '1→0', '2→0', '3→0', '4→0', '5→0']);
  });

  it('broadcast gives every record to every subtask', async () => {
    const all = await places((numbers) => numbers.broadcast());
    expect(all).toHaveLength(18);
    expect(all.filter((text) => text.startsWith('4')).sort()).toEqual(['4→0', '4→1', '4→2']);
  });

  it('partitionCustom sends a record where the function says, and refuses what is not there', async () => {
    const toEnds = await places((numbers) =>
      numbers.partitionCustom(
        (n) => n,
        (n, parallelism) => (n < 3 ? 0 : parallelism - 1),
      ),
    );
    expect(toEnds).toEqual(['0→0', '1→0', '2→0', '3→2', '4→2', '5→2']);
    await expect(
      places((numbers) =>
        numbers.partitionCustom(
          (n) => n,
          () => 3,
        ),
      ),
    ).rejects.toThrow('consumer 3');
  });

  it('rescale is pointwise: each producer deals to its own share of the consumers', async () => {
    const twoByTwo = await places((numbers) =>
      numbers
        .rebalance()
        .map((n) => n)
        .rescale(),
    );
    expect(twoByTwo.map((text) => text.split('→')[1])).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  it('shuffle goes by chance, and forward stays where it is', async () => {
    expect(await places((numbers) => numbers.shuffle())).toHaveLength(6);
    expect(
      await places((numbers) =>
        numbers
          .rebalance()
          .map((n) => n)
          .forward(),
      ),
    ).toEqual(['0→0', '1→1', '2→2', '3→0', '4→1', '5→2']);
  });

  it('keyBy sends records of equal key to one subtask, and refuses NaN as a key', async () => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) =>
        numbers
          .keyBy((n) => n % 5)
          .map((n) => n)
          .process(new Where()),
      parallelism: 3,
    });
    for (let n = 0; n < 10; n++) harness.push(n);
    const placed = new Map(values(harness.output()).map((text) => text.split('→') as [string, string]));
    for (let n = 0; n < 5; n++) expect(placed.get(String(n))).toBe(placed.get(String(n + 5)));
    expect(() => harness.push(Number.NaN)).toThrow(/NaN/);
  });
});

describe('Side output', () => {
  const odd = outputTag<string>('odd');

  it('a process function puts a record into any output by its tag; what nobody takes is gone', async () => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) =>
        numbers.process<number>({
          processElement: (n, context) => {
            if (n % 2 === 0) context.emit(n);
            else context.output(odd, `odd ${n}`);
            context.output(outputTag<number>('nobody'), n);
          },
        }),
      sideOutputs: [odd],
    });
    for (const n of [1, 2, 3]) harness.push(n, n * 10);
    expect(harness.output()).toEqual([{ value: 2, timestamp: 20 }]);
    expect(harness.sideOutput(odd)).toEqual([
      { value: 'odd 1', timestamp: 10 },
      { value: 'odd 3', timestamp: 30 },
    ]);
  });

  it('a process function of windows has them too: with the greatest timestamp of the window', async () => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) =>
        numbers.windowAll(tumblingEventTimeWindows({ sizeMs: 10 })).process<number>({
          process: (all, { emit, output }) => {
            emit(all.length);
            for (const n of all) if (n % 2 !== 0) output(odd, `odd ${n}`);
            output(odd, 'at 3', 3);
          },
        }),
      sideOutputs: [odd],
    });
    for (const n of [1, 2]) harness.push(n, n);
    harness.watermark(9);
    expect(harness.output()).toEqual([{ value: 2, timestamp: 9 }]);
    expect(harness.sideOutput(odd)).toEqual([
      { value: 'odd 1', timestamp: 9 },
      { value: 'at 3', timestamp: 3 },
    ]);
  });

  it('an operator without a function of the job has none', async () => {
    await expect(
      openHarness({ build: (numbers: DataStream<number>) => numbers.map((n) => n), sideOutputs: [odd] }),
    ).rejects.toThrow('map has no side outputs');
  });
});
