import type { InputTime, SlotCounts, SubtaskCounts } from '../ports/subtask-counts.js';
import type { TaskTrace, TraceRecord } from '../ports/telemetry.js';
import { holderOf } from './held-back-by.js';
import type { MetricRegistry, Sample } from './metric-registry.js';
import { SlotFacts, type SubtaskFacts } from './slot-facts.js';
import { userFamilies } from './user-families.js';

type Value = (facts: SubtaskFacts) => number | null;

const labels = ['job', 'vertex', 'subtask'] as const;

/** The metrics of a task manager. Those of a subtask begin anew with each attempt, and go with it. */
export class TaskManagerMetrics {
  private readonly slots = new SlotFacts();

  constructor(
    private readonly registry: MetricRegistry,
    slotCount: number,
  ) {
    const { slots } = this;
    const single = (name: string, help: string, value: () => number): void =>
      registry.gauge({ name, help, labels: [], samples: () => [{ labels: {}, value: value() }] });
    single('weirflow_task_manager_slots', 'Slots that this task manager offers.', () => slotCount);
    single('weirflow_task_manager_slots_used', 'Slots that belong to a job.', () => slots.slotsUsed);
    this.describeFlow();
    this.describeInputTimes();
    this.describeTime();
    this.describeSnapshots();
    registry.making(() => userFamilies(slots.subtasks(), labelsOf));
  }

  trace(record: TraceRecord): void {
    if (record.verdict.kind !== 'dropped') this.slots.trace(record);
  }

  task(trace: TaskTrace): void {
    this.slots.task(trace);
  }

  counted(slot: number, counts: SlotCounts | null): void {
    this.slots.counted(slot, counts);
  }

  private describeFlow(): void {
    const count = (name: string, help: string, value: (counts: SubtaskCounts) => number): void =>
      this.registry.counter(this.family(name, help, ({ counts }) => value(counts)));
    count('records_in_total', 'Records that the subtask took from its channels or its source.', (c) => c.recordsIn);
    count(
      'records_out_total',
      'Records put into channels; one that goes into several counts in each.',
      (c) => c.recordsOut,
    );
    count(
      'records_skipped_total',
      'Records that the source was told to pass over, or that an error policy has left out.',
      (c) => c.recordsSkipped,
    );
    count(
      'late_records_dropped_total',
      'Records behind the watermark that operators dropped, because no side output takes them.',
      (c) => c.lateRecordsDropped,
    );
    count('bytes_in_total', 'Bytes of frames from other slots. What stays within a slot has none.', (c) => c.bytesIn);
    count('bytes_out_total', 'Bytes of frames to other slots. What stays within a slot has none.', (c) => c.bytesOut);
    const watermark = (name: string, help: string, value: (counts: SubtaskCounts) => number | null): void =>
      this.gauge(name, help, ({ counts }) => inSeconds(value(counts)));
    const after = 'Absent before the first, infinite behind the last record.';
    watermark(
      'input_watermark_seconds',
      `Event time of the current input watermark. ${after}`,
      (c) => c.inputWatermarkMs,
    );
    watermark(
      'output_watermark_seconds',
      `Event time of the last watermark put out. ${after}`,
      (c) => c.outputWatermarkMs,
    );
  }

  private describeInputTimes(): void {
    const family = (name: string, help: string, value: (time: InputTime) => number | null) => ({
      name: `weirflow_task_${name}`,
      help,
      labels: [...labels, 'input'],
      samples: (): readonly Sample[] =>
        this.slots.subtasks().flatMap((facts) =>
          facts.counts.inputTimes.flatMap((time) => {
            const found = value(time);
            return found === null ? [] : [{ labels: { ...labelsOf(facts), input: time.input }, value: found }];
          }),
        ),
    });
    this.registry.gauge(
      family(
        'edge_watermark_seconds',
        'Least watermark of one input: of the channels from a vertex, or of the splits of a source. Absent while none counts.',
        ({ watermarkMs }) => inSeconds(watermarkMs),
      ),
    );
    this.registry.gauge(
      family('edge_idle', 'Channels or splits of the input that are idle and hold nobody back.', ({ idle }) => idle),
    );
    this.registry.gauge(
      family(
        'edge_waiting',
        'Splits of the input that are not read, because they are ahead of their alignment group.',
        ({ waiting }) => waiting,
      ),
    );
    this.registry.gauge({
      name: 'weirflow_task_held_back_by',
      help: 'Always 1: `by` is the subtask upstream, or the split, whose watermark is the least that counts.',
      labels: [...labels, 'input', 'by'],
      samples: () =>
        this.slots.subtasks().flatMap((facts) => {
          const holder = holderOf(facts.counts.inputTimes);
          if (holder === null) return [];
          return [{ labels: { ...labelsOf(facts), input: holder.input, by: holder.heldBackBy }, value: 1 }];
        }),
    });
  }

  private describeTime(): void {
    this.gauge(
      'busy_ratio',
      'Share of the last second in which its own code ran.',
      ({ shares }) => shares?.busy ?? null,
    );
    this.gauge(
      'backpressured_ratio',
      'Share of the last second in which its receivers took nothing more.',
      ({ shares }) => shares?.backPressured ?? null,
    );
    this.gauge(
      'idle_ratio',
      'Share of the last second in which it waited for input, or for its turn in the slot.',
      ({ shares }) => shares?.idle ?? null,
    );
    const spent = (name: string, help: string, value: (counts: SubtaskCounts) => number): void =>
      this.registry.counter(this.family(name, help, ({ counts }) => value(counts) / 1_000));
    spent('busy_seconds_total', 'Time in which its own code ran.', ({ busyMs }) => busyMs);
    spent('backpressured_seconds_total', 'Time in which its receivers took nothing more.', (c) => c.backPressuredMs);
  }

  private describeSnapshots(): void {
    this.gauge(
      'checkpoint_alignment_seconds',
      'From the first barrier of its last checkpoint to the last one.',
      ({ snapshot }) => inSeconds(snapshot?.alignmentMs ?? null),
    );
    this.gauge('checkpoint_sync_seconds', 'How long its last snapshot held up records.', ({ snapshot }) =>
      inSeconds(snapshot?.syncMs ?? null),
    );
    this.gauge('checkpoint_async_seconds', 'How long its last snapshot was written while records went on.', (facts) =>
      inSeconds(facts.snapshot?.asyncMs ?? null),
    );
    this.gauge('checkpoint_bytes', 'Bytes written for its last snapshot.', ({ snapshot }) => snapshot?.bytes ?? null);
    this.gauge(
      'checkpoint_full_bytes',
      'All bytes that its last snapshot refers to, which is what a restore reads.',
      ({ snapshot }) => snapshot?.fullBytes ?? null,
    );
  }

  private gauge(name: string, help: string, value: Value): void {
    this.registry.gauge(this.family(name, help, value));
  }

  private family(name: string, help: string, value: Value) {
    const samples = (): readonly Sample[] =>
      this.slots.subtasks().flatMap((facts) => {
        const found = value(facts);
        return found === null ? [] : [{ labels: labelsOf(facts), value: found }];
      });
    return { name: `weirflow_task_${name}`, help, labels, samples };
  }
}

/** A subtask is `vertex#index`. */
function labelsOf({ job, counts: { subtask } }: SubtaskFacts): Sample['labels'] {
  const at = subtask.lastIndexOf('#');
  return { job, vertex: subtask.slice(0, at), subtask: subtask.slice(at + 1) };
}

const inSeconds = (milliseconds: number | null): number | null => (milliseconds === null ? null : milliseconds / 1_000);
