import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realUntil } from '../contracts/until.js';
import type { WeirProcess } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';
import { SmallDisk } from './full-disk.js';

const noRoom = String.raw`has no room: no space left on device \(ENOSPC\)\. Free some space`;

async function clusterOn(stage: ClusterStage): Promise<WeirProcess> {
  const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
  return leader;
}

/** Where no file system can be mounted, the mapping of these errors to failures is left to the specs of the stores. */
describe.runIf(SmallDisk.isPossible())('cluster of processes: a disk that is full', () => {
  it('under the checkpoints, then under the output: the job says so and goes on when there is room', async () => {
    const stage = await ClusterStage.start('folder');
    const store = new SmallDisk(join(stage.folder, 'store'));
    const output = new SmallDisk(stage.output);
    const leader = await clusterOn(stage);
    await stage.submitFlights(3_000);
    await stage.committedParts(2);
    store.fill();
    await leader.until('stderr', new RegExp(`job flights: a checkpoint failed: The store in folder '.+' ${noRoom}`));
    await leader.until('stderr', new RegExp(`job flights waits for the store, which is asked again: .+ ${noRoom}`));
    store.free();
    await leader.until('stderr', /asked again.*job flights running/s);
    await stage.moreParts(1);
    output.fill();
    await leader.until(
      'stderr',
      /job flights pausing: .+no space left on device \(ENOSPC\)\. Free some space\. At .+#\d on tm-/,
    );
    output.free();
    await leader.until('stderr', /job flights ended: (\w+)/);
    expect(leader.stderr).toContain('job flights ended: finished');
    expect(await stage.differences()).toEqual([]);
  });

  it('under the checkpoints of a job that may miss some: it goes on without, and checkpoints come back with the room', async () => {
    const stage = await ClusterStage.start('folder');
    const store = new SmallDisk(join(stage.folder, 'store'));
    const leader = await clusterOn(stage);
    await stage.submitText('tolerant', tolerant, '--output', stage.output);
    const parts = (): number => readdirSync(stage.output).filter((name) => name.startsWith('part-')).length;
    await leader.until('stderr', /job tolerant running/);
    await stage.committedParts(1);
    store.fill();
    await leader.until('stderr', /(a checkpoint failed: .*){3}/s);
    const before = parts();
    store.free();
    await realUntil(() => parts() > before);
    expect(leader.stderr).not.toContain('job tolerant pausing');
    expect(leader.stderr.match(/job tolerant running/g)).toHaveLength(1);
  });
});

const tolerant = `
import { defineJob } from 'weirflow';
import { fileSink, jsonLines } from 'weirflow/connectors/file';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('tolerant', (env) => {
  env.setParallelism(2).allowGeneratedUids();
  // The disk fills in the pause: a log entry that finds it full would restart the job.
  env.enableCheckpointing({ intervalMs: 200, minPauseMs: 200, tolerableFailedCheckpoints: 1_000 });
  env.fromSource(generatorSource({ generate: (n) => ({ n }), count: null, ratePerSecond: 200 }))
    .keyBy(({ n }) => n % 100).reduce((a, b) => ({ n: a.n + b.n }))
    .sinkTo(fileSink({ folder: env.param('output'), format: jsonLines() }));
});
`;
