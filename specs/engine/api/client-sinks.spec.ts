import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { CollectSink, PrintSink } from '../../../src/api/client-sinks.js';
import type { OperatorContext } from '../../../src/operators/operator.js';

const checkpoint = (n: number): CheckpointId => ({ epoch: 1, n });
const settled = (): void => expect.fail('nothing is pending');

/** A subtask whose client remembers what it is given. */
function subtask(subtaskIndex = 0, run = 1, wallMs = 5) {
  const lines: string[] = [];
  const delivered: unknown[] = [];
  const context = {
    job: 'job',
    run,
    clock: { wallMs: () => wallMs },
    subtaskIndex,
    client: {
      line: (text: string) => void lines.push(text),
      deliver: (collection: string, id: string, values: readonly unknown[]) =>
        void delivered.push([collection, id, values]),
    },
  } as unknown as OperatorContext<never>;
  return { context, lines, delivered };
}

describe('print', () => {
  it('gives each record at once, as one line', () => {
    const { context, lines } = subtask();
    const plain = new PrintSink(null).createWriter(context);
    for (const value of ['text', 1, 2n, null, undefined, { at: 1, id: 2n }, [1]]) plain.write(value, 0);
    new PrintSink('counts').createWriter(context).write('to 1', 0);
    expect(lines).toEqual(['text', '1', '2', 'null', 'undefined', '{"at":1,"id":"2"}', '[1]', 'counts> to 1']);
    expect(plain.take()).toEqual([]);
  });
});

describe('collect', () => {
  it('delivers nothing before the commit, and then the values of that checkpoint', () => {
    const { context, delivered } = subtask();
    const writer = new CollectSink('sums').createWriter(context);
    writer.write(1, 0);
    writer.write(2, 0);
    expect(writer.prepare(checkpoint(1), settled)).toBe('done');
    const first = writer.take();
    writer.write(3, 0);
    expect(delivered).toEqual([]);
    writer.commit(first, settled);
    expect(delivered).toEqual([['sums', 'job-5-1-0-1-1', [1, 2]]]);
    writer.prepare(checkpoint(2), settled);
    writer.commit(writer.take(), settled);
    expect(delivered[1]).toEqual(['sums', 'job-5-1-0-1-2', [3]]);
  });

  it('makes no committable of nothing', () => {
    const writer = new CollectSink('sums').createWriter(subtask().context);
    writer.prepare(checkpoint(1), settled);
    expect(writer.take()).toEqual([]);
  });

  it('names deliveries so that a repeated one can be told, and two of different attempts, subtasks or jobs that count anew never look alike', () => {
    const ids = [subtask(0, 1), subtask(1, 1), subtask(0, 2), subtask(0, 1, 6)].map(({ context, delivered }) => {
      const writer = new CollectSink('sums').createWriter(context);
      writer.write(1, 0);
      writer.prepare(checkpoint(1), settled);
      const committables = writer.take();
      writer.commit(committables, settled);
      writer.commit(JSON.parse(JSON.stringify(committables)), settled);
      expect(delivered[1]).toEqual(delivered[0]);
      return JSON.stringify(delivered[0]);
    });
    expect(new Set(ids).size).toBe(4);
  });
});
