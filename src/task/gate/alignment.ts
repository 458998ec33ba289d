import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { compareCheckpoints, sameCheckpoint } from '../../../actors/protocol/ids.js';
import type { CheckpointMode } from '../../../actors/protocol/job-graph.js';
import type { Barrier } from '../elements.js';

/** What a barrier, or the end of a channel, has led to. */
export type AlignmentChange =
  | { readonly kind: 'none' }
  /** Every channel has brought this barrier, and all are open. */
  | { readonly kind: 'aligned'; readonly barrier: Barrier; readonly startedMs: number };

export interface AlignmentResult {
  /** A checkpoint whose alignment was given up for a newer one. */
  readonly superseded: CheckpointId | null;
  readonly change: AlignmentChange;
}

const none: AlignmentChange = { kind: 'none' };

/**
 * Aligns the barriers of several channels: one that has delivered its barrier is blocked until the others have too, unless the checkpoint is
 * at-least-once: then the barriers are only counted, and what comes behind them is processed before the snapshot. Ids strictly increase: barriers of
 * checkpoints that are over are ignored. A channel that has ended counts as aligned.
 */
export class Alignment {
  /** The newest checkpoint that was aligned, aborted or superseded. */
  private over: CheckpointId | null = null;
  private current: { readonly barrier: Barrier; readonly startedMs: number } | null = null;
  /** Channels whose barrier has come. */
  private readonly arrived: boolean[];
  private readonly ended: boolean[];

  constructor(
    channels: number,
    private readonly mode: CheckpointMode = 'exactlyOnce',
  ) {
    this.arrived = new Array<boolean>(channels).fill(false);
    this.ended = new Array<boolean>(channels).fill(false);
  }

  get aligning(): CheckpointId | null {
    return this.current?.barrier.checkpoint ?? null;
  }

  get allEnded(): boolean {
    return this.ended.every((ended) => ended);
  }

  /** A blocked channel must not be read. */
  isBlocked(channel: number): boolean {
    return this.mode === 'exactlyOnce' && (this.arrived[channel] as boolean);
  }

  hasEnded(channel: number): boolean {
    return this.ended[channel] as boolean;
  }

  barrier(channel: number, barrier: Barrier, nowMs: number): AlignmentResult {
    if (this.isOver(barrier.checkpoint)) return { superseded: null, change: none };
    let superseded: CheckpointId | null = null;
    if (this.current !== null && !sameCheckpoint(this.current.barrier.checkpoint, barrier.checkpoint)) {
      superseded = this.current.barrier.checkpoint;
      if (compareCheckpoints(barrier.checkpoint, superseded) < 0) return { superseded: null, change: none };
      this.giveUp(superseded);
    }
    this.current ??= { barrier, startedMs: nowMs };
    this.arrived[channel] = true;
    return { superseded, change: this.settle() };
  }

  end(channel: number): AlignmentChange {
    this.ended[channel] = true;
    return this.settle();
  }

  /** The checkpoint is over, however it ended: no barrier of it, or of an older one, counts any more. */
  giveUp(checkpoint: CheckpointId): void {
    if (!this.isOver(checkpoint)) this.over = checkpoint;
    if (this.current !== null && this.isOver(this.current.barrier.checkpoint)) this.open();
  }

  isOver(checkpoint: CheckpointId): boolean {
    return this.over !== null && compareCheckpoints(checkpoint, this.over) <= 0;
  }

  private settle(): AlignmentChange {
    const { current } = this;
    if (current === null) return none;
    for (const [channel, arrived] of this.arrived.entries()) {
      if (!arrived && !this.ended[channel]) return none;
    }
    this.over = current.barrier.checkpoint;
    this.open();
    return { kind: 'aligned', ...current };
  }

  private open(): void {
    this.current = null;
    this.arrived.fill(false);
  }
}
