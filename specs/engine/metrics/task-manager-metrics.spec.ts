import { describe, expect, it } from 'vitest';
import { MetricRegistry } from '../../../src/metrics/metric-registry.js';
import { sharesOf } from '../../../src/metrics/slot-facts.js';
import { TaskManagerMetrics } from '../../../src/metrics/task-manager-metrics.js';
import type { SubtaskCounts } from '../../../src/ports/subtask-counts.js';

const counts: SubtaskCounts = {
  subtask: 'mean-delay#1',
  recordsIn: 100,
  lateRecordsDropped: 0,
  recordsOut: 40,
  recordsSkipped: 3,
  bytesIn: 2_000,
  bytesOut: 900,
  livedMs: 5_000,
  busyMs: 1_000,
  backPressuredMs: 500,
  inputWatermarkMs: null,
  outputWatermarkMs: null,
  inputTimes: [],
  user: [],
};
const allocation = { job: 'flights', run: 1, epoch: 1 };
const labels = '{job="flights",vertex="mean-delay",subtask="1",cluster="spec",process="tm-1"}';

function scrape(): { readonly metrics: TaskManagerMetrics; readonly lines: () => Promise<readonly string[]> } {
  const registry = new MetricRegistry({ cluster: 'spec', process: 'tm-1' });
  const lines = async (): Promise<readonly string[]> =>
    (await registry.text()).split('\n').filter((line) => line.startsWith('weirflow_task_'));
  return { metrics: new TaskManagerMetrics(registry, 2), lines };
}

describe('metrics: subtasks of a task manager', () => {
  it('are what the last report said, and go when nothing of the slot is left', async () => {
    const { metrics, lines } = scrape();
    metrics.counted(0, { allocation, subtasks: [counts] });
    metrics.counted(0, { allocation, subtasks: [{ ...counts, recordsIn: 130 }] });
    expect(await lines()).toContain(`weirflow_task_records_in_total${labels} 130`);
    expect(await lines()).toContain(`weirflow_task_records_out_total${labels} 40`);
    expect(await lines()).toContain(`weirflow_task_bytes_in_total${labels} 2000`);
    expect(await lines()).toContain(`weirflow_task_busy_seconds_total${labels} 1`);
    metrics.counted(0, null);
    expect(await lines()).toEqual([
      'weirflow_task_manager_slots{cluster="spec",process="tm-1"} 2',
      'weirflow_task_manager_slots_used{cluster="spec",process="tm-1"} 0',
    ]);
  });

  it('a watermark is absent before the first and infinite behind the last record', async () => {
    const { metrics, lines } = scrape();
    metrics.counted(0, { allocation, subtasks: [counts] });
    expect((await lines()).filter((line) => line.includes('watermark'))).toEqual([]);
    const later = { ...counts, inputWatermarkMs: Number.POSITIVE_INFINITY, outputWatermarkMs: 1_500 };
    metrics.counted(0, { allocation, subtasks: [later] });
    expect(await lines()).toContain(`weirflow_task_input_watermark_seconds${labels} +Inf`);
    expect(await lines()).toContain(`weirflow_task_output_watermark_seconds${labels} 1.5`);
  });

  it('name the input that holds event time back, and who it is there', async () => {
    const { metrics, lines } = scrape();
    const input = { parts: 2, idle: 0, ended: 0, waiting: 0 };
    const inputTimes = [
      { ...input, input: 'fast', watermarkMs: 9_000, heldBackBy: 'fast#1', idle: 1 },
      { ...input, input: 'slow', watermarkMs: 2_500, heldBackBy: 'slow#0' },
      { ...input, input: 'quiet', watermarkMs: null, heldBackBy: null, idle: 2 },
    ];
    metrics.counted(0, { allocation, subtasks: [{ ...counts, inputTimes }] });
    const of = (name: string) => labels.replace('subtask="1"', `subtask="1",input="${name}"`);
    expect(await lines()).toContain(`weirflow_task_edge_watermark_seconds${of('slow')} 2.5`);
    expect(await lines()).toContain(`weirflow_task_edge_idle${of('fast')} 1`);
    const holders = (await lines()).filter((line) => line.startsWith('weirflow_task_held_back_by'));
    expect(holders).toEqual([
      `weirflow_task_held_back_by${of('slow').replace('input="slow"', 'input="slow",by="slow#0"')} 1`,
    ]);
    expect((await lines()).some((line) => line.includes('edge_watermark') && line.includes('quiet'))).toBe(false);
  });

  it('a snapshot counts for its run: nothing of it is left in the next', async () => {
    const { metrics, lines } = scrape();
    const trace = { kind: 'task', atMs: 0, process: 'tm-1', subtask: 'mean-delay#1', run: 1 } as const;
    metrics.counted(0, { allocation, subtasks: [counts] });
    metrics.task({ ...trace, what: 'aligned', detail: { alignmentMs: 12 } });
    metrics.task({ ...trace, what: 'snapshotTaken', detail: { bytes: 640, fullBytes: 900, syncMs: 3, asyncMs: 40 } });
    expect(await lines()).toContain(`weirflow_task_checkpoint_alignment_seconds${labels} 0.012`);
    expect(await lines()).toContain(`weirflow_task_checkpoint_sync_seconds${labels} 0.003`);
    expect(await lines()).toContain(`weirflow_task_checkpoint_async_seconds${labels} 0.04`);
    expect(await lines()).toContain(`weirflow_task_checkpoint_bytes${labels} 640`);
    expect(await lines()).toContain(`weirflow_task_checkpoint_full_bytes${labels} 900`);
    metrics.counted(0, { allocation: { ...allocation, run: 2 }, subtasks: [counts] });
    expect((await lines()).filter((line) => line.includes('checkpoint'))).toEqual([]);
  });

  it('shares of time add up to one, whatever the clocks say', () => {
    const now = { ...counts, livedMs: 6_000, busyMs: 1_250, backPressuredMs: 750 };
    expect(sharesOf(counts, now)).toEqual({ busy: 0.25, backPressured: 0.25, idle: 0.5 });
    expect(sharesOf(undefined, now)).toBeNull();
    const stretched = sharesOf(counts, { ...now, busyMs: 2_100, backPressuredMs: 1_500 });
    expect(stretched).toEqual({ busy: 1, backPressured: 0, idle: 0 });
  });

  it("those of a job's own code stand beside them, with their operator", async () => {
    const registry = new MetricRegistry({ cluster: 'spec', process: 'tm-1' });
    const metrics = new TaskManagerMetrics(registry, 2);
    const common = 'job="flights",vertex="mean-delay",subtask="1",operator="parse"';
    const process = 'cluster="spec",process="tm-1"';
    const user: SubtaskCounts['user'] = [
      { operator: 'parse', name: 'rejected', kind: 'counter', value: 5 },
      { operator: 'parse', name: 'cache_size', kind: 'gauge', value: 7 },
      { operator: 'parse', name: 'requests', kind: 'meter', count: 8, perSecond: 0.5 },
      { operator: 'parse', name: 'latency', kind: 'histogram', count: 2, sum: 3, buckets: [{ upTo: 1, count: 1 }] },
      // A name that is taken by something else is left out.
      { operator: 'parse', name: 'rejected_total', kind: 'gauge', value: 1 },
    ];
    metrics.counted(0, { allocation, subtasks: [{ ...counts, user }] });
    metrics.counted(1, { allocation, subtasks: [{ ...counts, subtask: 'mean-delay#0', user: user.slice(0, 1) }] });
    const text = await registry.text();
    const lines = text.split('\n').filter((line) => line.includes('weirflow_user_') && !line.includes('HELP'));
    expect(lines).toEqual([
      '# TYPE weirflow_user_rejected_total counter',
      `weirflow_user_rejected_total{${common},${process}} 5`,
      `weirflow_user_rejected_total{${common.replace('"1"', '"0"')},${process}} 5`,
      '# TYPE weirflow_user_cache_size gauge',
      `weirflow_user_cache_size{${common},${process}} 7`,
      '# TYPE weirflow_user_requests_total counter',
      `weirflow_user_requests_total{${common},${process}} 8`,
      '# TYPE weirflow_user_requests_per_second gauge',
      `weirflow_user_requests_per_second{${common},${process}} 0.5`,
      '# TYPE weirflow_user_latency histogram',
      `weirflow_user_latency_bucket{${common},le="1",${process}} 1`,
      `weirflow_user_latency_bucket{${common},le="+Inf",${process}} 2`,
      `weirflow_user_latency_sum{${common},${process}} 3`,
      `weirflow_user_latency_count{${common},${process}} 2`,
    ]);
    metrics.counted(0, null);
    metrics.counted(1, null);
    expect(await registry.text()).not.toContain('weirflow_user_');
  });
});
