import { describe, expect, it } from 'vitest';
import { ClusterStage } from './cluster-stage.js';

const driftMs = 5_000;
/** What a reader takes at a time goes beyond the limit; and counts of two processes are up to a second apart. */
const beyondMs = 30_000;

/** One source that could be read at once, 1,000,000 s of event time, and one that takes a second for each. */
const job = `import { defineJob, WatermarkStrategy } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

interface Reading { readonly source: string; readonly at: number }

export default defineJob('together', (env) => {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 200 });
  const read = (source: string, rate: object) =>
    env
      .fromSource(generatorSource<Reading>({ count: 100_000_000, splits: 2, generate: (index) => ({ source, at: index * 10 }), ...rate }), { uid: source })
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner<Reading>(({ at }) => at).withAlignment('both', ${driftMs}, 100),
      );
  read('fast', {})
    .union(read('slow', { ratePerSecond: 100 }))
    .keyBy(({ source, at }) => source + (at % 70))
    .reduce((a, b) => (a.at > b.at ? a : b))
    .uid('latest')
    .filter(({ at }) => at < 0)
    .print();
});
`;

interface Time {
  readonly subtask: string;
  readonly outputWatermarkMs: number | null;
  readonly inputs: readonly { readonly input: string; readonly heldBackBy: string | null; readonly waiting: number }[];
}

describe('cluster of processes: sources that wait for each other', () => {
  it('the fast one stays within the drift, after a kill as well, and info says who holds back whom', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitText('together', job)).toMatchObject({ code: 0 });

    /** As soon as the slow source is so far, how far the fast one is ahead. */
    const aheadMs = async (fromMs: number): Promise<number> => {
      for (let tries = 0; tries < 60; tries += 1) {
        const { stdout } = await stage.weir('info', 'together', '-o', 'json');
        const times = (JSON.parse(stdout) as { eventTime: readonly Time[] }).eventTime;
        const of = (vertex: string) => times.filter(({ subtask }) => subtask.startsWith(`${vertex}#`));
        const reached = (vertex: string, pick: (...each: number[]) => number): number =>
          pick(...of(vertex).map(({ outputWatermarkMs }) => outputWatermarkMs ?? Number.NEGATIVE_INFINITY));
        const isWaiting = of('fast').some(({ inputs }) => inputs.some(({ waiting }) => waiting > 0));
        if (of('slow').length < 2 || !isWaiting || reached('slow', Math.min) < fromMs) continue;
        return reached('fast', Math.max) - reached('slow', Math.min);
      }
      throw new Error(`the slow source has not come to ${fromMs} ms, or the fast one does not wait`);
    };
    expect(await aheadMs(1_000)).toBeLessThan(driftMs + beyondMs);
    const { stdout } = await stage.weir('info', 'together');
    expect(stdout).toMatch(/^FURTHEST BEHIND +WATERMARK +HELD BACK BY +INPUTS$/m);
    expect(stdout).toMatch(/^latest#\d +1970-01-01T00:00:\S+Z +slow#\d, split lane-\d +2 of fast; 2 of slow$/m);
    expect(stdout).toMatch(/^fast#\d .+ split lane-\d +1 split: 1 waiting for other sources$/m);

    await stage.kill('tm-2');
    await leader.until('stderr', /job together backingOff/);
    await stage.taskManager('tm-3');
    await leader.until('stderr', /job together running[\s\S]+job together running/);
    expect(await aheadMs(3_000)).toBeLessThan(driftMs + beyondMs);
    expect(await stage.weir('cancel', 'together')).toMatchObject({ code: 0 });
  });
});
