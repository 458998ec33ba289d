import type { CheckpointCoordinatorInput } from '../../../actors/checkpoint-coordinator/messages.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { Address } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../../src/ports/telemetry.js';
import { Choices, noFaults } from '../../../src/simulation/choices.js';
import { SimCluster } from '../../../src/simulation/cluster.js';
import { SimWorld } from '../../../src/simulation/world.js';
import { idleJob } from './idle-job.js';
import type { Shape } from './paper.js';

export interface TrafficSpec {
  readonly taskManagers: number;
  readonly slots: number;
  readonly subtasks: number;
}

/** Control messages of a span of virtual time. */
export interface Span {
  readonly spanMs: number;
  /** By what they are about: `ask.subtask.triggerCheckpoint`. */
  readonly messages: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** What the checkpoint-coordinator heard, in order. */
export interface Heard {
  readonly message: AnyMessage;
  readonly from: Address;
}

export interface Traffic {
  readonly shape: Shape;
  /** From the start of the cluster until the job runs; registrations and heartbeats of that time are among them. */
  readonly deployment: Span;
  /** Between two checkpoints. */
  readonly rest: Span;
  /** From the trigger of one until everybody has committed; heartbeats of that time are among them. */
  readonly checkpoint: Span;
  readonly coordinator: { readonly input: CheckpointCoordinatorInput; readonly heard: readonly Heard[] };
}

const checkpointIntervalMs = 10_000;
const settleMs = 100;
const spareMs = 2_000;
/** A multiple of the heartbeat's interval. */
const restMs = 2_000;
const turnRecordsMax = 1_000;
const deadlineMs = 120_000;

/**
 * Runs a job with so many subtasks, half of them sources, on a simulated cluster with the timeouts and intervals of a real one, and counts
 * what its processes say to each other on the control plane. A function of its spec, so that counts can be held to a formula.
 */
export function simulateTraffic({ taskManagers, slots, subtasks }: TrafficSpec): Traffic {
  return new SimulatedTraffic({ taskManagers, slots, subtasks }).measure();
}

class SimulatedTraffic {
  private readonly world = new SimWorld({
    choices: Choices.replayed({}),
    rates: noFaults,
    replaying: false,
    turnRecordsMax,
  });
  private readonly cluster: SimCluster;
  private counting: { fromMs: number; messages: Record<string, number>; bytes: number } = this.counter();
  /** From leaving idle to coming back. */
  private readonly checkpoints: Span[] = [];
  private input: CheckpointCoordinatorInput | null = null;
  private readonly heard: Heard[] = [];
  private thrown: unknown = null;

  constructor(private readonly spec: TrafficSpec) {
    const { record, code } = idleJob(spec.subtasks / 2, checkpointIntervalMs);
    const ignore = (): void => undefined;
    this.cluster = new SimCluster(this.world, {
      record,
      code,
      taskManagers: spec.taskManagers,
      slots: spec.slots,
      cluster: defaultClusterOptions,
      telemetry: { trace: (step) => this.onTrace(step), task: ignore },
      client: { line: ignore, deliver: ignore },
      onStore: ignore,
      onFile: ignore,
      onCrash: ignore,
      onPanic: (error) => {
        this.thrown = error;
      },
    });
    this.watchBuses();
  }

  measure(): Traffic {
    this.cluster.start();
    this.runUntil(() => this.cluster.jobState() === 'running');
    // The sources' questions for splits are answered meanwhile.
    this.runFor(settleMs);
    const deployment = this.span();
    // The first checkpoint may meet what is left of the deployment.
    this.runUntil(() => this.checkpoints.length === 1);
    this.runFor(spareMs);
    this.counting = this.counter();
    this.runFor(restMs);
    const rest = this.span();
    this.runUntil(() => this.checkpoints.length === 2);
    const checkpoint = this.checkpoints[1] as Span;
    if (this.input === null) throw new Error('no checkpoint-coordinator was started');
    const { taskManagers, subtasks } = this.spec;
    const { heartbeatIntervalMs } = defaultClusterOptions;
    return {
      shape: { taskManagers, subtasks, sources: subtasks / 2, slots: subtasks / 2, heartbeatIntervalMs },
      deployment,
      rest,
      checkpoint,
      coordinator: { input: this.input, heard: this.heard },
    };
  }

  /** Control messages go through the buses that the network gives to processes. */
  private watchBuses(): void {
    const { network } = this.cluster;
    const busOf = network.busOf.bind(network);
    network.busOf = (sender) => {
      const bus = busOf(sender);
      return {
        listen: (process, receive) => bus.listen(process, receive),
        send: (to, topic, bytes, unreachable) => {
          this.count(topic, bytes);
          bus.send(to, topic, bytes, unreachable);
        },
        broadcast: (topic, bytes) => {
          this.count(topic, bytes);
          bus.broadcast(topic, bytes);
        },
      };
    };
  }

  private count(topic: string, bytes: Uint8Array): void {
    this.counting.messages[topic] = (this.counting.messages[topic] ?? 0) + 1;
    this.counting.bytes += bytes.length;
  }

  private onTrace({ actor, message, from, fromState, toState, effects, verdict }: TraceRecord): void {
    for (const effect of effects) {
      if (effect.kind === 'actor.start' && effect.role === 'checkpoint-coordinator')
        this.input = effect.input as CheckpointCoordinatorInput;
    }
    if (actor !== actorNames.checkpointCoordinator('idle') || verdict.kind === 'dropped') return;
    // Told before the effects of the step are performed, so that they count from here on.
    if (fromState === 'idle' && toState !== 'idle') this.counting = this.counter();
    if (fromState === 'notifying' && toState === 'idle') this.checkpoints.push(this.span());
    if (from !== null) this.heard.push({ message, from });
  }

  private runUntil(holds: () => boolean): void {
    const untilMs = this.world.nowMs + deadlineMs;
    while (!holds()) {
      if (!this.world.step() || this.world.nowMs > untilMs)
        throw new Error(`The job is ${this.cluster.jobState()} after ${deadlineMs} ms of virtual time.`);
      if (this.thrown !== null) throw this.thrown;
    }
  }

  private runFor(spanMs: number): void {
    const untilMs = this.world.nowMs + spanMs;
    this.runUntil(() => this.world.nowMs >= untilMs);
  }

  private span(): Span {
    const { fromMs, messages, bytes } = this.counting;
    return { spanMs: Math.round(this.world.nowMs - fromMs), messages: { ...messages }, bytes };
  }

  private counter() {
    return { fromMs: this.world?.nowMs ?? 0, messages: {}, bytes: 0 };
  }
}
