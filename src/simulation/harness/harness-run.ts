import { failure } from '../../../actors/kernel/failure.js';
import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import { EngineError, mistake } from '../../api/engine-error.js';
import { noTimestamp } from '../../operators/operator.js';
import { nodeClock } from '../../runtime/world/clock.js';
import { microtasksOver } from '../../runtime/world/microtasks.js';
import { MemoryBlobStore } from '../../storage/memory/memory-blob-store.js';
import { Deployment } from './deployment.js';
import { Feed } from './fed-source.js';
import { HarnessTime } from './harness-time.js';
import { type PendingTimer, timersIn } from './pending-timers.js';
import { jobOf, type Pipeline } from './pipeline.js';
import { type Roughness, smooth } from './roughness.js';
import type { Taken } from './taken-output.js';

/**
 * The state of a pipeline between two elements, as the bytes of a checkpoint: what `restore` goes on from. It may be restored any number of
 * times, in the harness that took it.
 */
export class HarnessSnapshot {
  /** @internal */
  constructor(
    /** @internal */
    readonly manifest: CheckpointManifest,
    /** @internal The newest of each input. */
    readonly watermarks: readonly number[],
    /** @internal */
    readonly owner: object,
  ) {}
}

/** Real time that promises of a pipeline are waited for. */
const callsMs = 10_000;

/** A pipeline that is running: fed element by element, restored at will. After each call everything has happened that can without time passing. */
export class HarnessRun {
  readonly time: HarnessTime;
  private readonly blobs: MemoryBlobStore;
  private readonly feeds: readonly Feed[];
  /** The newest of each input. */
  private watermarks: number[];
  /** Those that the operators of a restored pipeline have not heard of again. */
  private unheard: boolean[];
  private deployment: Deployment;
  private runs = 1;
  private checkpoints = 0;
  private droppedBefore = 0;
  private ended = false;
  private roughness: Roughness;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly take: (taken: Taken) => void,
    { parallelism = 1, startMs = 0, roughness = smooth }: HarnessRunOptions = {},
  ) {
    this.time = new HarnessTime(startMs);
    this.blobs = new MemoryBlobStore(this.time.later);
    this.feeds = Array.from({ length: pipeline.inputs }, () => new Feed());
    this.watermarks = this.feeds.map(() => noTimestamp);
    this.unheard = this.feeds.map(() => false);
    this.roughness = roughness;
    this.deployment = this.deployed(parallelism, null);
  }

  push(input: number, value: unknown, timestamp: number): void {
    this.assertOpen('push()');
    this.feed(input).waiting.push({ kind: 'record', value, timestamp });
    this.goOn(input);
  }

  /**
   * Watermarks of an input never fall, and a restored source goes on with the one that it had. It says so when event time goes on at any input: sooner, it would make timers
   * fire that wait for the next one.
   */
  watermark(input: number, timestamp: number): void {
    this.assertOpen('watermark()');
    if (timestamp <= (this.watermarks[input] as number)) return;
    this.watermarks[input] = timestamp;
    this.hearAgain(input);
    this.feed(input).waiting.push({ kind: 'watermark', timestamp });
    this.goOn(input);
  }

  pass(durationMs: number): void {
    if (!(durationMs >= 0)) {
      throw mistake(
        'HARNESS_TIME',
        `Processing time cannot go on by ${durationMs} ms. Give it a number of at least 0.`,
      );
    }
    this.time.pass(durationMs);
    this.deployment.settle();
  }

  endInput(input: number): void {
    this.assertOpen('endInput()');
    this.hearAgain(input);
    this.feed(input).hasEnded = true;
    this.ended = this.feeds.every(({ hasEnded }) => hasEnded);
    this.goOn(input);
  }

  snapshot(): HarnessSnapshot {
    this.checkpoints += 1;
    const manifest = this.deployment.checkpoint(this.checkpoints);
    return new HarnessSnapshot(manifest, [...this.watermarks], this);
  }

  /** Goes on from a snapshot as a recovered job does, and at another parallelism as a rescaled one. */
  restore(snapshot: HarnessSnapshot, parallelism: number, roughness: Roughness = this.roughness): void {
    if (snapshot.owner !== this) {
      throw mistake(
        'HARNESS_SNAPSHOT_FOREIGN',
        'The snapshot was taken by another harness. Restore it where it was taken.',
      );
    }
    this.droppedBefore += this.deployment.lateRecordsDropped;
    this.deployment.drop();
    this.runs += 1;
    this.roughness = roughness;
    this.watermarks = [...snapshot.watermarks];
    this.unheard = this.watermarks.map((watermark) => watermark !== noTimestamp);
    this.deployment = this.deployed(parallelism, snapshot.manifest);
  }

  timers(): readonly PendingTimer[] {
    const { manifest } = this.snapshot();
    return timersIn(manifest, this.deployment.graph, this.blobs, this.time);
  }

  get outputWatermark(): number | null {
    return this.deployment.watermark;
  }

  get lateRecordsDropped(): number {
    return this.droppedBefore + this.deployment.lateRecordsDropped;
  }

  /** Whether operators wait for promises. */
  get hasCalls(): boolean {
    return this.deployment.calls.pending.length > 0;
  }

  /** Waits until every promise that operators wait for has settled. */
  async callsSettled(): Promise<void> {
    const deadlineMs = nodeClock.monotonicMs() + callsMs;
    for (;;) {
      await microtasksOver();
      this.deployment.settle();
      const { pending } = this.deployment.calls;
      if (pending.length === 0) return;
      if (nodeClock.monotonicMs() < deadlineMs) continue;
      const message = `${pending.length} calls have not settled within ${callsMs} ms: ${pending.slice(0, 3).join(', ')}. Let their promises settle, or let time pass for their timeouts.`;
      throw new EngineError(failure('HARNESS_CALLS', 'user', message, 'never'));
    }
  }

  close(): void {
    this.deployment.drop();
  }

  private deployed(parallelism: number, from: CheckpointManifest | null): Deployment {
    const { pipeline, feeds, take, time, blobs, roughness, runs: run } = this;
    const definition = jobOf(pipeline, parallelism, feeds, take);
    return new Deployment({ definition, run, from, blobs, time, roughness });
  }

  private hearAgain(input: number): void {
    for (const [other, watermark] of this.watermarks.entries()) {
      if (!this.unheard[other]) continue;
      this.unheard[other] = false;
      if (other === input) continue;
      this.feed(other).waiting.push({ kind: 'watermark', timestamp: watermark });
      this.goOn(other);
    }
  }

  private goOn(input: number): void {
    this.feed(input).filled();
    this.deployment.settle();
  }

  private feed(input: number): Feed {
    return this.feeds[input] as Feed;
  }

  private assertOpen(call: string): void {
    if (!this.ended) return;
    throw mistake('HARNESS_ENDED', `${call} was called after the end of the input. Nothing can follow it.`);
  }
}

export interface HarnessRunOptions {
  readonly parallelism?: number;
  readonly startMs?: number;
  readonly roughness?: Roughness;
}
