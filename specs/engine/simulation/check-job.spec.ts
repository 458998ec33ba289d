import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkJob, JobCheckFailure } from 'weirflow/testing';
import { defineJob } from '../../../src/api/job-definition.js';
import { fileSink, fileSource, lines } from '../../../src/connectors/file/index.js';

const root = new URL('../../../', import.meta.url);
const flights = fileURLToPath(new URL('examples/flights.ts', root));
const all = JSON.parse(
  readFileSync(new URL('node_modules/vega-datasets/data/flights-20k.json', root), 'utf8'),
) as object[];
const input = (from: number): string =>
  all
    .slice(from, from + 40)
    .map((flight) => `${JSON.stringify(flight)}\n`)
    .join('');

describe("testing: a user's job on simulated clusters", () => {
  // Twenty-five simulated clusters, each with the job's code loaded anew by every life of a slot.
  const timeout = 60_000;
  it('the flights job, as it stands in its file, commits every flight once under generated failures', {
    timeout,
  }, async () => {
    const report = await checkJob({
      job: flights,
      params: ['--input', 'in', '--output', 'out', '--rate', '40'],
      files: { 'in/a.jsonl': input(0), 'in/b.jsonl': input(40) },
      output: 'out',
      runs: 25,
      // Which flight of an airport is counted first depends on the schedule; which flights are counted does not.
      compare: (disturbed) => {
        const places = disturbed.map((line) => JSON.parse(line) as { file: string; position: number });
        const distinct = new Set(places.map(({ file, position }) => `${file}:${position}`));
        return distinct.size === 80 && places.length === 80
          ? null
          : `${places.length} rows for ${distinct.size} flights`;
      },
    });
    expect(report.lines).toHaveLength(80);
    expect(report.crashes).toBeGreaterThan(5);
    expect(report.restored).toBeGreaterThan(2);
  });

  it('a job whose output depends on when it runs is found out, and the finding repeats', async () => {
    const restless = defineJob('restless', (env) => {
      env.enableCheckpointing({ intervalMs: 100 });
      let calls = 0;
      env
        .fromSource(fileSource({ path: 'in.txt', format: 'lines', ratePerSecond: 40 }), { uid: 'in' })
        // Counts across restarts of the slot in a way that no checkpoint knows of.
        .map((line) => `${line} ${++calls}`)
        .sinkTo(fileSink({ folder: 'out', format: lines() }))
        .uid('out');
    });
    const text = Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('');
    const options = { job: restless, files: { 'in.txt': text }, output: 'out' };
    const failure = await checkJob({ ...options, runs: 60 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(JobCheckFailure);
    const { seed, deviations, message } = failure as JobCheckFailure;
    expect(message).toMatch(/^Committed output differs from the undisturbed run/);
    await expect(checkJob({ ...options, seed, deviations })).rejects.toThrow(/Committed output differs/);
  });
});
