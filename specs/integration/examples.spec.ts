import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { airportsPath, allFlights, loops } from '../examples/flight-loops.js';
import { multiset } from '../examples/nexmark-run.js';
import type { WeirProcess } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

const names = Object.keys(loops);
/** The first weeks of January, at a rate that lets the crash come in the middle. */
const flights = allFlights().slice(0, 6_000);
const ratePerSecond = 1_000;
const [deadlineMs, lookEveryMs] = [100_000, 50];
const patient = { deadlineMs };
const slots = ['--slots', String(names.length)];

const partsIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('part-')) : [];

/** Settles when each example has committed something: it then has a checkpoint behind it. */
function allHaveCommitted(output: string, leader: WeirProcess): Promise<void> {
  const untilMs = Date.now() + deadlineMs;
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const without = names.filter((name) =>
        Object.keys(loops[name]?.([]) ?? {}).every((folder) => partsIn(join(output, name, folder)).length === 0),
      );
      if (without.length > 0 && Date.now() < untilMs) return;
      clearInterval(timer);
      if (without.length === 0) resolve();
      else reject(new Error(`${without} committed nothing in ${deadlineMs} ms:\n${leader.stderr}`));
    }, lookEveryMs);
    onTestFinished(() => clearInterval(timer));
  });
}

function committed(folder: string): readonly unknown[] {
  const lines = partsIn(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
  return lines.map((line): unknown => JSON.parse(line));
}

describe('examples over NATS', () => {
  it('a task manager is killed under all of them: each puts out what its plain loop does', {
    timeout: deadlineMs,
  }, async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([
      stage.jobManager(patient),
      stage.taskManager('tm-1', ...slots, patient),
      stage.taskManager('tm-2', ...slots, patient),
    ]);
    const input = join(stage.folder, 'flights.json');
    writeFileSync(input, JSON.stringify(flights));
    const submitted = names.map((name) => {
      const job = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
      const airports = ['enrichment', 'async-lookup'].includes(name) ? ['--airports', fileURLToPath(airportsPath)] : [];
      const params = ['--input', input, '--rate', String(ratePerSecond), '--output', join(stage.output, name)];
      return stage.weir('submit', job, '--job-id', name, '--', ...params, ...airports);
    });
    for (const { code, stderr } of await Promise.all(submitted)) expect(code, stderr).toBe(0);

    await allHaveCommitted(stage.output, leader);
    expect(leader.stderr).not.toMatch(/job \S+ ended/);
    await stage.kill('tm-1');
    for (const name of names) await leader.until('stderr', new RegExp(`job ${name} pausing`));
    await stage.taskManager('tm-1', ...slots, patient);
    for (const name of names) {
      await leader.until('stderr', new RegExp(`job ${name} ended`));
      expect(leader.stderr).toMatch(new RegExp(`job ${name} restoringState`));
      expect(leader.stderr).toMatch(new RegExp(`job ${name} ended: finished`));
    }

    for (const name of names) {
      for (const [folder, rows] of Object.entries(loops[name]?.(flights) ?? {})) {
        expect(rows.length).toBeGreaterThan(10);
        expect(multiset(committed(join(stage.output, name, folder))), `${name}: ${folder}`).toEqual(multiset(rows));
      }
    }
  });
});
