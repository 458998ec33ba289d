import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/runtime/world/clock.js';
import type { WeirProcess } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Both the outages and the hanging slot take their time; each process lives through all of it. */
const special = { deadlineMs: 120_000 };
const outagesMs = [500, 5_000, 20_000];
const lines = (text: string, pattern: RegExp): number => text.split('\n').filter((line) => pattern.test(line)).length;

/** How long the server is away is what the spec is about. */
async function away(stage: ClusterStage, forMs: number): Promise<void> {
  await stage.server.end('SIGKILL');
  await new Promise<void>((resolve) => {
    nodeClock.setTimer(forMs, resolve);
  });
  await stage.server.start();
}

async function flightsOn(stage: ClusterStage, rate: number): Promise<WeirProcess> {
  const [leader] = await Promise.all([
    stage.jobManager(special),
    stage.taskManager('tm-1', special),
    stage.taskManager('tm-2', special),
  ]);
  expect(await stage.submitFlights(rate)).toMatchObject({ code: 0 });
  return leader;
}

/** Killed again and again, for longer each time, in the middle of one job. */
async function throughOutages(): Promise<void> {
  const stage = await ClusterStage.start('folder');
  const leader = await flightsOn(stage, 1_200);
  for (const [index, forMs] of outagesMs.entries()) {
    await stage.moreParts(2);
    await away(stage, forMs);
    await leader.until('stderr', new RegExp(`(connection to NATS is back.*){${index + 1}}`, 's'));
  }
  await leader.until('stderr', /job flights ended: (\w+)/);
  expect(leader.stderr).toContain('job flights ended: finished');
  expect(leader.stderr).not.toMatch(/task manager tm-\d lost/);
  expect(lines(leader.stderr, /the connection to NATS is lost; trying until it is back/)).toBe(outagesMs.length);
  expect(await stage.differences()).toEqual([]);
}

/** Code of a job that never comes back, in one slot of two, on one node. */
async function aHangingSlot(): Promise<void> {
  const stage = await ClusterStage.start('folder');
  const [leader] = await Promise.all([
    stage.jobManager(special),
    stage.taskManager('tm-1', special),
    stage.taskManager('tm-2', { ...special, env: { NODE_KIND: 'odd' } }),
  ]);
  await stage.submitText('hangs', hanging);
  await leader.until('stderr', /job hangs ended/);
  expect(leader.stderr).toMatch(
    /job hangs pausing: tm-2, slot 0 makes no progress, and its process answers: code of the job does not come back in one of .*largest#\d/,
  );
  expect(leader.stderr).toContain('job hangs ended: failed, SLOT_STUCK: tm-2, slot 0 makes no progress');
  expect(leader.stderr).not.toContain('tm-2 lost');
}

const hanging = `
import { defineJob, fixedDelay } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
const forever = (n: number): number => {
  if (process.env.NODE_KIND === 'odd') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return n;
};
export default defineJob('hangs', (env) => {
  env.setParallelism(2).setRestartStrategy(fixedDelay({ attempts: 0, delayMs: 50 }));
  env.fromSource(generatorSource({ generate: (index) => index, count: null, ratePerSecond: 100 }), { uid: 'numbers' })
    .keyBy((n) => n % 100).reduce((a, b) => Math.max(a, b)).uid('largest').map(forever).uid('forever')
    .filter(() => false).print().uid('lines');
});
`;

/** Its folder is gone; jobs, checkpoints and copies of the code are in another one. */
async function backWithoutCode(): Promise<void> {
  const stage = await ClusterStage.start('folder');
  const leader = await flightsOn(stage, 3_000);
  await stage.moreParts(2);
  await loseStored(stage);
  await leader.until('stderr', /connection to NATS is back/);
  // A slot that is opened anew has to get the code again.
  const third = await stage.taskManager('tm-3', special);
  await stage.kill('tm-1');
  await leader.until('stderr', /job flights ended: (\w+)/);
  expect(third.stderr).toMatch(/slot 0: flights \[.+#\d/);
  expect(leader.stderr).toContain('job flights ended: finished');
  expect(await stage.differences()).toEqual([]);
  // A client puts code again where it is missing.
  expect(await stage.submitFlights(8_000, 'again')).toMatchObject({ code: 0 });
  await leader.until('stderr', /job again running/);
}

/** Its folder is gone, and the jobs were in it. */
async function backWithoutJobs(): Promise<void> {
  const stage = await ClusterStage.start('nats');
  const leader = await flightsOn(stage, 1_500);
  await stage.moreParts(2);
  await loseStored(stage);
  await leader.until(
    'stderr',
    /job flights waits for the store, which is asked again: .+stream was removed; restore it, or start anew/,
  );
  expect((await stage.weir('list')).stdout).toMatch(/^flights +running/m);
}

async function loseStored({ server }: ClusterStage): Promise<void> {
  await server.end('SIGKILL');
  rmSync(server.folder, { recursive: true, force: true });
  await server.start();
}

describe('cluster of processes: NATS away in mid-run', () => {
  // Side by side, because most of it is waiting: 20 s without a server, 30 s until a slot counts as stuck.
  it('for 0.5, 5 and 20 s, or back without what it had stored; and a slot that hangs meanwhile', async () => {
    await Promise.all([throughOutages(), backWithoutCode(), backWithoutJobs(), aHangingSlot()]);
  }, 120_000);
});
