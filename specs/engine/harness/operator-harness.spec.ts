import { describe, expect, it } from 'vitest';
import {
  type DataStream,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  type OnTimerContext,
  type OperatorStateAccess,
  outputTag,
  type ProcessContext,
  type ProcessFunction,
  tumblingEventTimeWindows,
} from '../../../src/index.js';
import {
  checkOperator,
  openHarness,
  openTwoInputHarness,
  processingTime,
  record,
  watermark,
} from '../../../src/testing.js';

const count = { createAccumulator: () => 0, add: (_word: string, n: number) => n + 1, getResult: (n: number) => n };

/** Says a word again when its time has come. */
class Echo implements KeyedProcessFunction<string, string, string> {
  processElement(word: string, { timers, timestamp }: KeyedProcessContext<string, string>): void {
    timers.setEventTime(timestamp + 10);
    timers.setProcessingTime(timers.currentProcessingTime() + word.length);
  }
  onTimer(time: number, { emit, currentKey, timeDomain }: OnTimerContext<string, string>): void {
    emit(`${currentKey} ${timeDomain} ${time}`);
  }
}

describe('operator harness: step by step', () => {
  it('gives what came out with each element, and the timers that are set', async () => {
    const harness = await openHarness({
      build: (words: DataStream<string>) => words.keyBy((word) => word).process(new Echo()),
      processingTime: 100,
    });
    harness.push('to', 3);
    harness.push('be', 4);
    expect(harness.timers()).toEqual([
      { operator: 'process-2', key: 'to', time: 13, timeDomain: 'eventTime', namespace: null },
      { operator: 'process-2', key: 'be', time: 14, timeDomain: 'eventTime', namespace: null },
      { operator: 'process-2', key: 'to', time: 102, timeDomain: 'processingTime', namespace: null },
      { operator: 'process-2', key: 'be', time: 102, timeDomain: 'processingTime', namespace: null },
    ]);
    harness.watermark(13);
    expect(harness.output()).toEqual([{ value: 'to eventTime 13', timestamp: 13 }]);
    expect(harness.outputWatermark).toBe(13);
    harness.restore(harness.snapshot(), { parallelism: 3 });
    harness.advanceProcessingTime(2);
    expect(harness.output()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(
      harness
        .output()
        .map(({ value }) => value)
        .sort(),
    ).toEqual(['be processingTime 102', 'to processingTime 102']);
    harness.endInput();
    expect(harness.output()).toEqual([{ value: 'be eventTime 14', timestamp: 14 }]);
    expect(() => harness.push('or')).toThrow('Nothing can follow it.');
    harness.close();
  });

  it('gives side outputs and the count of what was late', async () => {
    const late = outputTag<string>('late');
    const windows = (words: DataStream<string>) =>
      words.keyBy((word) => word).window(tumblingEventTimeWindows({ sizeMs: 10 }));
    const harness = await openHarness({
      build: (words: DataStream<string>) => windows(words).sideOutputLateData(late).aggregate(count),
      sideOutputs: [late],
    });
    harness.watermark(9);
    harness.push('to', 9);
    harness.push('be', 10);
    expect(harness.sideOutput(late)).toEqual([{ value: 'to', timestamp: 9 }]);
    expect(harness.lateRecordsDropped).toBe(0);
    expect(() => harness.sideOutput(outputTag('other'))).toThrow("not opened with the side output 'other'");
    const counting = await openHarness({ build: (words: DataStream<string>) => windows(words).aggregate(count) });
    counting.watermark(9);
    counting.push('to', 9);
    counting.restore(counting.snapshot());
    counting.push('to', 9);
    expect(counting.lateRecordsDropped).toBe(2);
  });

  it('two inputs: event time is the lesser of both, also after a restore', async () => {
    const harness = await openTwoInputHarness({
      build: (words: DataStream<string>, numbers: DataStream<number>) =>
        words.connect(numbers).map(
          (word) => word.length,
          (number) => number,
        ),
    });
    harness.pushFirst('four');
    harness.pushSecond(5);
    expect(harness.output().map(({ value }) => value)).toEqual([4, 5]);
    harness.watermarkFirst(10);
    harness.watermarkSecond(5);
    harness.restore(harness.snapshot());
    harness.watermarkSecond(12);
    expect(harness.outputWatermark).toBe(10);
  });

  it('waits for asynchronous calls when it is told to', async () => {
    const harness = await openHarness({
      build: (words: DataStream<string>) => words.asyncMap(async (word) => word.toUpperCase(), { timeoutMs: 1_000 }),
    });
    harness.push('to');
    expect(harness.output()).toEqual([]);
    await harness.callsSettled();
    expect(harness.output().map(({ value }) => value)).toEqual(['TO']);
  });

  it('what a function throws comes out of the call, with the operator named', async () => {
    const harness = await openHarness({
      build: (words: DataStream<string>) =>
        words
          .map((word) => {
            if (word === '') throw new Error('an empty word');
            return word;
          })
          .uid('whole-words'),
    });
    expect(() => harness.push('')).toThrow(/whole-words.*an empty word/);
  });
});

describe('operator harness: check', () => {
  const keyed = (words: DataStream<string>) => words.keyBy((word) => word.length);

  it('runs a pipeline in every mode', { timeout: 60_000 }, async () => {
    const report = await checkOperator({
      build: (words: DataStream<string>) => keyed(words).process(new Echoes()),
      input: [
        record('to', 1),
        record('be', 2),
        watermark(8),
        processingTime(5),
        record('for', 9),
        watermark(12),
        record('a', 12),
      ],
      expect: ['to', 'be', 'for', 'a', 'bye to', 'bye be', 'bye for', 'bye a'],
    });
    expect(report.runs).toBe(1 + 3 + 3 + 1 + 10);
    expect(report.restores).toBeGreaterThan(8 * 4);
  });

  it('names mode, element and difference: state in a field is lost in a restore', async () => {
    await expect(
      checkOperator({
        build: (words: DataStream<string>) => {
          let seen = 0;
          return keyed(words).process<number>({
            processElement: (_word, { emit }) => {
              seen += 1;
              emit(seen);
            },
          });
        },
        input: [record('to'), record('be')],
        parallelism: [1],
      }),
    ).rejects.toThrow(
      "The pipeline failed in mode 'restore' (parallelism 1), element 2, record 'be' without a timestamp: it did not put out 2 without a timestamp, and it put out 1 without a timestamp.\n" +
        "Repeat it with checkOperator({ …, modes: ['restore'] }).",
    );
  });

  it('says what was expected of the undisturbed run', async () => {
    await expect(
      checkOperator({
        build: (words: DataStream<string>) => words.map((word) => word),
        input: [record('to')],
        expect: ['be'],
      }),
    ).rejects.toThrow("The undisturbed run put out [ 'to' ], and not [ 'be' ].");
  });

  it('a pipeline that breaks off names the element', async () => {
    await expect(
      checkOperator({
        build: (words: DataStream<string>) =>
          words.map((word) => {
            if (word === '') throw new Error('an empty word');
            return word;
          }),
        input: [record('to', 1), record('', 2)],
      }),
    ).rejects.toThrow(/mode 'undisturbed'.*element 2, record '' at 2: .*an empty word/);
  });
});

/** Says a word, and bye when its time has come. */
class Echoes implements KeyedProcessFunction<number, string, string> {
  processElement(word: string, { timers, timestamp, emit }: KeyedProcessContext<number, string>): void {
    emit(word);
    timers.setEventTime(timestamp + 5);
  }
  onTimer(time: number, { emit }: OnTimerContext<number, string>): void {
    emit(`bye ${time === 6 ? 'to' : time === 7 ? 'be' : time === 14 ? 'for' : 'a'}`);
  }
}

describe('operator harness: pipelines with more to them', () => {
  it('records whose call is under way at a restore are asked about again', { timeout: 60_000 }, async () => {
    let calls = 0;
    const report = await checkOperator({
      build: (words: DataStream<string>) =>
        words
          .asyncMap(
            async (word) => {
              calls += 1;
              return word.toUpperCase();
            },
            { timeoutMs: 1_000 },
          )
          .uid('upper'),
      input: [record('to'), record('be'), processingTime(2_000), record('or'), watermark(3)],
      expect: ['TO', 'BE', 'OR'],
    });
    expect(calls).toBeGreaterThan(3 * report.runs);
  });

  it('iterables stop when the output is full, and go on', { timeout: 60_000 }, async () => {
    await checkOperator({
      build: (numbers: DataStream<number>) =>
        numbers
          .flatMap(function* (n) {
            for (let each = 0; each < n; each++) yield each;
          })
          .map((n) => ({ rest: n % 3, n }))
          .keyBy(({ rest }) => rest)
          .sum('n'),
      input: [record(5), record(9)],
      keyOf: ({ rest }) => rest,
      expect: (output) => {
        const sumsOf = (wanted: number) => output.flatMap(({ value: { rest, n } }) => (rest === wanted ? [n] : []));
        expect(sumsOf(0)).toEqual([0, 3, 3, 6, 12]);
        expect(sumsOf(1)).toEqual([1, 5, 6, 10, 17]);
        expect(sumsOf(2)).toEqual([2, 4, 9, 17]);
      },
    });
  });

  it('iterables within iterables all go on where they stopped', { timeout: 60_000 }, async () => {
    const countTo = function* (n: number): Iterable<number> {
      for (let each = 1; each <= n; each++) yield each;
    };
    await checkOperator({
      build: (numbers: DataStream<number>) => numbers.flatMap(countTo).flatMap(countTo).flatMap(countTo),
      input: [record(4), record(3)],
      expect: (output) => expect(output).toHaveLength(20 + 10),
    });
  });

  it('a list of operator state is dealt out anew', { timeout: 60_000 }, async () => {
    await checkOperator({
      build: (words: DataStream<string>) => words.rebalance().process(new Kept()),
      input: [record('to'), record('be'), record('or'), record('not')],
      expect: ['to', 'be', 'or', 'not'],
    });
  });
});

/** Keeps all records to the end, in operator state. */
class Kept implements ProcessFunction<string, string> {
  private words!: ListState<string>;
  initializeState({ listState }: OperatorStateAccess): void {
    this.words = listState<string>('words');
  }
  processElement(word: string): void {
    this.words.add(word);
  }
  finish({ emit }: ProcessContext<string>): void {
    for (const word of this.words.get()) emit(word);
  }
}
