import { describe, expect, it } from 'vitest';
import { checkJob } from 'weirflow/testing';
import { defineJob } from '../../../src/api/job-definition.js';
import { fileSink, fileSource, lines } from '../../../src/connectors/file/index.js';
import { listState, valueState } from '../../../src/state/descriptors.js';
import { classSerializer } from '../../../src/state/value-serializer.js';

class Tally {
  readonly #lines: readonly string[];
  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }
  with(line: string): Tally {
    return new Tally([...this.#lines, line]);
  }
  get lines(): readonly string[] {
    return this.#lines;
  }
}

const tally = classSerializer(Tally, {
  name: 'tally',
  encode: ({ lines }) => lines,
  decode: (lines) => new Tally(lines),
});

const counts = valueState('tally', { serializer: tally });
const last = listState('last', { serializer: tally, ttl: { ttlMs: 1_000_000 } });

describe('simulation: state of a class', () => {
  it('is what it was after every recovery', { timeout: 60_000 }, async () => {
    const job = defineJob('tallies', (env) => {
      env.enableCheckpointing({ intervalMs: 100 });
      env
        .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
        .keyBy((line) => line.length)
        .process<string>({
          processElement(line, { state, emit }) {
            const now = (state(counts).value() ?? new Tally([])).with(line);
            state(counts).update(now);
            state(last).update([...state(last).get().slice(-2), now]);
            emit(`${now.lines.length} ${line} ${state(last).get().length}`);
          },
        })
        .uid('tallies')
        .sinkTo(fileSink({ folder: 'out', format: lines() }))
        .uid('out');
    });
    const text = Array.from({ length: 60 }, (_, n) => `line ${n}\n`).join('');
    const report = await checkJob({ job, files: { 'in.txt': text }, output: 'out', runs: 20 });
    expect(report.restored).toBeGreaterThan(2);
    expect(report.lines).toContain('50 line 59 3');
  });
});
