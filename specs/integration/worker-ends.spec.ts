import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realUntil } from '../contracts/until.js';
import { bundledJob, endlessSource, LivingThreads, SlotStage, temporaryFolder } from './worker-stage.js';

/** Records without end, exchanged by key between two slots; `behind` is what follows the exchange. */
const exchange = (behind: string, globals = ''): string => `import { defineJob } from 'weirflow';
${endlessSource}
${globals}
export default defineJob('exchange', (env) => {
  env.setParallelism(2);
  env.fromSource(endless, { uid: 'numbers' }).keyBy((n) => n % 100).reduce((a, b) => Math.max(a, b)).uid('largest')${behind}.print();
});
`;

/** A line once a slot is in the middle of its records, and no other. */
const once = '.map(() => ++seen).filter((n) => n === 1_000)';
const seen = 'let seen = 0;';

describe('the thread of a slot', () => {
  it('unload: it ends, and the next run gets a fresh one, so that no global of the job survives', async () => {
    const threads = new LivingThreads();
    const job = await bundledJob(exchange('.map(() => ++seen).filter((n) => n === 1 || n === 1_000)', seen));
    const stage = new SlotStage(job, 2);
    for (let run = 1; run <= 2; run++) {
      await stage.load();
      await stage.start();
      await realUntil(() => stage.lines.length === 4);
      expect(stage.lines.toSorted()).toEqual(['1', '1', '1000', '1000']);
      expect(threads.count).toBe(2);
      await stage.unload();
      expect(threads.count).toBe(0);
    }
    expect(threads.started).toBe(4);
  });

  it('unload: ends also a thread that never comes back from code of the job', async () => {
    const threads = new LivingThreads();
    const marker = join(temporaryFolder(), 'hangs');
    const hang = `.map((n) => { writeFileSync(${JSON.stringify(marker)}, ''); for (;;); return n; })`;
    const stage = new SlotStage(await bundledJob(exchange(hang, "import { writeFileSync } from 'node:fs';")), 2);
    await stage.load();
    await stage.start();
    await realUntil(() => existsSync(marker));
    await stage.unload();
    expect(threads.count).toBe(0);
  });

  it('an error that nobody catches fails every subtask of its slot, and none of another', async () => {
    const thrower = `
let armed = true;
function arm() {
  if (armed) setTimeout(() => { throw new TypeError('nobody catches this'); }, 0);
  armed = false;
}`;
    const job = await bundledJob(
      exchange('.map((n) => { if (n % 100 === 7) arm(); return n; }).filter(() => false)', thrower),
    );
    const stage = new SlotStage(job, 2);
    await stage.load();
    await stage.start();
    await realUntil(() => stage.count('task.failed') > 0);
    const failed = stage.subtasks.filter(({ subtask }) => stage.failuresOf(subtask).length > 0);
    expect(failed.map(({ slot }) => slot)).toEqual([failed[0]?.slot, failed[0]?.slot]);
    for (const { subtask, slot } of failed) {
      const [failure] = stage.failuresOf(subtask);
      expect(failure).toMatchObject({ code: 'SLOT_WORKER_DIED', domain: 'user', retry: 'restart' });
      expect(failure?.message).toContain(`slot ${slot} of stage ended by itself: nobody catches this.`);
      expect(failure?.stack).toMatch(/job\.ts:\d+/);
      // Effects that cross with the failure are answered all the same.
      stage.restore(subtask, slot);
      expect(stage.failuresOf(subtask)).toHaveLength(2);
      stage.cancel(subtask, slot);
    }
    expect(stage.count('task.canceled')).toBe(2);
    await stage.unload();
    await stage.load();
    expect(stage.count('slot.loaded')).toBe(2);
  });

  it('process.exit in code of the job ends the slot and not the process', async () => {
    const stage = new SlotStage(await bundledJob(exchange('.map(() => process.exit(3))')), 2);
    await stage.load();
    await stage.start();
    await realUntil(() => stage.count('task.failed') > 0);
    const [failure] = stage.subtasks.flatMap(({ subtask }) => stage.failuresOf(subtask));
    expect(failure?.message).toMatch(/ended by itself with exit code 3\. Code of a job must not call process\.exit\./);
    expect(failure?.domain).toBe('user');
  });

  it('a heap that is full ends the slot and not the process', async () => {
    const hoarder = 'const hoard = [];';
    const job = await bundledJob(exchange('.map((n) => { hoard.push(new Array(1_000).fill(n)); return n; })', hoarder));
    const stage = new SlotStage(job, 2, { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 });
    await stage.load();
    await stage.start();
    await realUntil(() => stage.count('task.failed') > 0);
    const [failure] = stage.subtasks.flatMap(({ subtask }) => stage.failuresOf(subtask));
    expect(failure).toMatchObject({
      code: 'SLOT_OUT_OF_MEMORY',
      domain: 'user',
      message: expect.stringContaining('Its heap is full'),
    });
  });

  it('a thread that ends while it loads fails the load', async () => {
    const text = exchange(
      '',
      "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) process.exit(4);",
    );
    const stage = new SlotStage(await bundledJob(text), 1);
    await stage.load();
    expect(stage.loadFailuresOf(0)).toMatchObject([{ code: 'SLOT_WORKER_DIED' }]);
    await stage.unload();
  });

  it('refuses code that is not what was submitted', async () => {
    const job = await bundledJob(exchange(''));
    const stage = new SlotStage({ ...job, record: { ...job.record, code: 'another' } }, 1);
    await stage.load();
    expect(stage.loadFailuresOf(0)).toMatchObject([{ code: 'CODE_MISSING', retry: 'never' }]);
  });

  // A hundred threads are a hundred starts of Node: a machine that is shared takes a minute for them.
  const timeout = 180_000;
  it('terminate: a hundred threads in the middle of a batch end, and the process lives', { timeout }, async () => {
    const threads = new LivingThreads();
    const job = await bundledJob(exchange(once, seen));
    for (let round = 0; round < 50; round++) {
      const stage = new SlotStage(job, 2);
      await stage.load();
      await stage.start();
      await realUntil(() => stage.lines.length > 0);
      stage.host.terminate();
      await stage.host.ended;
      expect(threads.count).toBe(0);
    }
    expect(threads.started).toBe(100);
  });
});
