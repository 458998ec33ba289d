import { failureClasses } from '../../actors/protocol/failure-class.js';
import type { JobId } from '../../actors/protocol/ids.js';
import type { Clock } from '../ports/clock.js';
import type { TraceRecord } from '../ports/telemetry.js';
import type { LastCheckpoint } from './checkpoint-facts.js';
import { ClusterFacts } from './cluster-facts.js';
import { type JobFacts, JobsFacts } from './job-facts.js';
import type { MetricRegistry, Sample } from './metric-registry.js';

/** The metrics of a job manager, all of them derived from the steps of its actors: the actors know nothing of it. */
export class JobManagerMetrics {
  private readonly cluster = new ClusterFacts();
  private readonly jobs = new JobsFacts();

  constructor(
    registry: MetricRegistry,
    private readonly clock: Clock,
  ) {
    this.describeCluster(registry);
    this.describeJobs(registry);
    this.describeFailures(registry);
    this.describeScale(registry);
    this.describeCheckpoints(registry);
  }

  trace(record: TraceRecord): void {
    if (record.verdict.kind === 'dropped') return;
    this.cluster.trace(record);
    this.jobs.trace(record);
  }

  private describeCluster(registry: MetricRegistry): void {
    const { cluster } = this;
    registry.gauge({
      name: 'weirflow_epoch',
      help: 'Fencing number of this leader; absent before it leads.',
      labels: [],
      samples: () => (cluster.epoch === null ? [] : only(cluster.epoch)),
    });
    registry.gauge({
      name: 'weirflow_task_managers',
      help: 'Task managers that are not lost, by what their heartbeats say.',
      labels: ['status'],
      samples: () =>
        (['registered', 'suspected'] as const).map((status) =>
          sample({ status }, cluster.taskManagers.filter((row) => row.status === status).length),
        ),
    });
    registry.counter({
      name: 'weirflow_task_managers_lost_total',
      help: 'Task managers that this leader has lost.',
      labels: ['reason'],
      samples: () => [...cluster.lost].map(([reason, count]) => sample({ reason }, count)),
    });
    registry.gauge({
      name: 'weirflow_slots',
      help: 'Slots of all task managers that are not lost.',
      labels: [],
      samples: () => only(cluster.slots().total),
    });
    registry.gauge({
      name: 'weirflow_slots_free',
      help: 'Slots that belong to no job.',
      labels: [],
      samples: () => only(cluster.slots().free),
    });
    registry.gauge({
      name: 'weirflow_heartbeat_round_trip_seconds',
      help: 'From the last answered heartbeat to its answer, mailboxes included.',
      labels: ['task_manager'],
      samples: () =>
        cluster.heartbeats().map(([process, roundTripMs]) => sample({ task_manager: process }, roundTripMs / 1_000)),
    });
  }

  private describeJobs(registry: MetricRegistry): void {
    registry.gauge({
      name: 'weirflow_jobs',
      help: 'Jobs of the cluster by state, as weir list prints it.',
      labels: ['state'],
      samples: () => Object.entries(this.cluster.jobs()).map(([state, count]) => sample({ state }, count)),
    });
    registry.gauge({
      name: 'weirflow_job_state',
      help: '1 for the state in which the job-master of a job is.',
      labels: ['job', 'state'],
      samples: () => this.each((job, { state }) => [sample({ job, state }, 1)]),
    });
    registry.counter({
      name: 'weirflow_job_restarts_total',
      help: 'Failures after which this leader started the job again.',
      labels: ['job'],
      samples: () => this.each((job, { restarts }) => [sample({ job }, restarts)]),
    });
  }

  private describeFailures(registry: MetricRegistry): void {
    registry.counter({
      name: 'weirflow_job_failures_total',
      help: "Failures that ended a run of the job under this leader: of its code, a connection, damaged files, resources, or the engine's own.",
      labels: ['job', 'class'],
      samples: () =>
        this.each((job, { failures }) =>
          failureClasses.map((kind) => sample({ job, class: kind }, failures.get(kind) ?? 0)),
        ),
    });
  }

  private describeScale(registry: MetricRegistry): void {
    registry.counter({
      name: 'weirflow_job_rescales_total',
      help: 'Runs that this leader ended to run the job at another parallelism.',
      labels: ['job'],
      samples: () => this.each((job, { rescales }) => [sample({ job }, rescales)]),
    });
    registry.gauge({
      name: 'weirflow_job_parallelism',
      help: 'How many subtasks a vertex of a job has.',
      labels: ['job', 'vertex'],
      samples: () =>
        this.each((job, { parallelism }) =>
          Object.entries(parallelism).map(([vertex, count]) => sample({ job, vertex }, count)),
        ),
    });
  }

  private describeCheckpoints(registry: MetricRegistry): void {
    registry.counter({
      name: 'weirflow_job_checkpoints_total',
      help: 'Checkpoints under this leader: completed, failed by themselves, or aborted with their run.',
      labels: ['job', 'outcome'],
      samples: () =>
        this.each((job, { checkpoints }) =>
          (['completed', 'failed', 'aborted'] as const).map((outcome) =>
            sample({ job, outcome }, checkpoints[outcome]),
          ),
        ),
    });
    const last = (name: string, help: string, value: (checkpoint: LastCheckpoint) => number): void =>
      registry.gauge({
        name: `weirflow_job_last_checkpoint_${name}`,
        help,
        labels: ['job'],
        samples: () =>
          this.each((job, { checkpoints }) =>
            checkpoints.last === null ? [] : [sample({ job }, value(checkpoints.last))],
          ),
      });
    last('duration_seconds', 'From the trigger until its log entry was durable.', (each) => each.durationMs / 1_000);
    last('size_bytes', 'State that was written for it.', ({ bytes }) => bytes);
    last('full_size_bytes', 'State that it refers to, which is what a restore reads.', ({ fullBytes }) => fullBytes);
    last('timestamp_seconds', 'When it was complete, since 1970.', ({ completedAtMs }) => {
      const { clock } = this;
      return (clock.wallMs() - (clock.monotonicMs() - completedAtMs)) / 1_000;
    });
  }

  private each(samples: (job: JobId, facts: JobFacts) => readonly Sample[]): readonly Sample[] {
    return [...this.jobs.jobs].flatMap(([job, facts]) => samples(job, facts));
  }
}

const sample = (labels: Sample['labels'], value: number): Sample => ({ labels, value });
const only = (value: number): readonly Sample[] => [sample({}, value)];
