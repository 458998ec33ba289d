import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { engineUrl } from '../../src/engine-modules.js';
import { builtModule } from '../../src/runtime/worker/built-module.js';
import { newOutputCounter, OutputWindow } from '../../src/runtime/worker/output-window.js';
import { realUntil } from '../contracts/until.js';

const lineUnits = 1_048_576;
const window = new URL('../../dist/src/runtime/worker/output-window.js', import.meta.url).href;

/** Says lines of a mega-unit as fast as it may, and counts them. */
const talker = `
const { workerData } = require('node:worker_threads');
import('${window}').then(({ OutputWindow }) => {
  const window = new OutputWindow(workerData.counter);
  const said = new Int32Array(workerData.said);
  const line = { kind: 'line', text: 'x'.repeat(${lineUnits - 1}) };
  for (;;) {
    window.enter(line, () => undefined);
    Atomics.add(said, 0, 1);
  }
});`;

it('client output: a slot that is far ahead of the main thread waits for it', async () => {
  const counter = newOutputCounter();
  const said = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(talker, { eval: true, workerData: { counter, said: said.buffer } });
  onTestFinished(() => void worker.terminate());
  const line = { kind: 'line', text: 'x'.repeat(lineUnits - 1) } as const;
  const main = new OutputWindow(counter);
  await realUntil(() => Atomics.load(said, 0) >= 4);
  // Far beyond where the counter wraps around, one in, one out.
  for (let taken = 1; taken <= 5_000; taken++) {
    expect(Atomics.load(said, 0)).toBeLessThanOrEqual(3 + taken);
    main.leave(line);
    await realUntil(() => Atomics.load(said, 0) >= 4 + taken);
  }
});

it('a process that runs from sources takes built modules, and says so when there are none', () => {
  expect(builtModule(engineUrl).pathname).toMatch(/\/dist\/src\/engine-modules\.js$/);
  const absent = new URL('../../src/absent.ts', import.meta.url).href;
  expect(() => builtModule(absent)).toThrow(
    /^Slots run in threads of the built package, and .*dist.src.absent\.js is missing\. Run npm run build, or keep everything in one thread\.$/,
  );
});
