import { noTimestamp } from './timestamps.js';
import type { WatermarkGenerator, WatermarkOutput } from './watermark-generator.js';

/** How far event time has come in one split: stands in checkpoints beside its position, and goes with it to whoever reads it next. */
export interface SplitTimeState {
  /** Null before the first. */
  readonly watermark: number | null;
  /** What the generator keeps of itself; null when it keeps nothing. */
  readonly generator: unknown;
}

/** Told what holds for all splits of a reader together. */
export interface SplitWatermarksListener {
  watermark(timestamp: number): void;
  idle(isIdle: boolean): void;
}

/** Event time of one split, and where its generator says it. */
export class SplitTime<T> implements WatermarkOutput {
  /** The newest watermark of the split. */
  reached = noTimestamp;
  isIdle = false;
  /** It is not read, because it is ahead of its alignment group. */
  isPaused = false;
  private pausedMs = 0;
  private pausedSinceMs = 0;

  constructor(
    readonly generator: WatermarkGenerator<T>,
    private readonly all: SplitWatermarks<T>,
  ) {}

  watermark(timestamp: number): void {
    if (!(timestamp > this.reached)) return;
    const before = this.reached;
    const wasIdle = this.isIdle;
    this.reached = timestamp;
    this.isIdle = false;
    // The others hold event time back more than this one did, so that nothing changes for them.
    if (wasIdle || before <= this.all.least) this.all.settle();
  }

  idle(): void {
    if (this.isIdle) return;
    this.isIdle = true;
    this.all.settle();
  }

  wake(): void {
    this.isIdle = false;
    this.all.settle();
  }

  /** Time in which it was not read is no time in which it was quiet. */
  probe(nowMs: number): void {
    if (!this.isPaused) this.generator.onPeriodic(this, nowMs - this.pausedMs);
  }

  pause(isPaused: boolean, nowMs: number): void {
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) this.pausedSinceMs = nowMs;
    else this.pausedMs += nowMs - this.pausedSinceMs;
  }

  get state(): SplitTimeState {
    const watermark = this.reached === noTimestamp ? null : this.reached;
    return { watermark, generator: this.generator.state?.() ?? null };
  }

  restore({ watermark, generator }: SplitTimeState): void {
    if (watermark !== null) this.reached = watermark;
    if (generator !== null) this.generator.restore?.(generator);
  }
}

/**
 * The watermarks of the splits that one reader has, each with a generator of its own, and the one that they make together: the least over those that are
 * not idle, which never falls. A split counts from the moment it is assigned until it has been read to its end. Where nobody tells splits apart, as
 * behind a shuffle, all records are of one.
 */
export class SplitWatermarks<T> {
  /** The split whose records come now. */
  current: SplitTime<T>;
  /** What holds for all together. */
  reached = noTimestamp;
  /** Of the splits that are not idle, which may be less than what held before. */
  least = noTimestamp;
  isIdle = false;
  private readonly splits = new Map<string, SplitTime<T>>();
  /** Stands for the reader while it has no split, or tells none apart. */
  private whole: SplitTime<T>;
  private apart = true;
  private probing = false;

  constructor(
    private readonly create: () => WatermarkGenerator<T>,
    private readonly listener: SplitWatermarksListener,
  ) {
    this.whole = new SplitTime(create(), this);
    this.current = this.whole;
  }

  /** From the beginning, or from where it stood in a checkpoint. */
  add(split: string, from: SplitTimeState | null): void {
    if (!this.apart || this.splits.has(split)) return;
    const time = new SplitTime(this.create(), this);
    if (from !== null) time.restore(from);
    this.splits.set(split, time);
    // What holds now is said at the next probe: readers get splits before records may flow.
    if (this.isIdle) this.settle();
    else this.least = this.splits.size === 1 ? time.reached : Math.min(this.least, time.reached);
  }

  /** The next records are of this split; without a name the source does not tell them apart. */
  enter(split: string | undefined): void {
    const time = split === undefined ? undefined : this.splits.get(split);
    if (time === undefined && this.apart) {
      this.apart = false;
      this.splits.clear();
    }
    this.current = time ?? this.whole;
  }

  /** It has been read to its end: nobody waits for it any more. */
  drop(split: string): void {
    if (!this.splits.delete(split)) return;
    // Whoever is without splits may fall idle, from now on.
    if (this.splits.size === 0) {
      this.whole = new SplitTime(this.create(), this);
      this.whole.reached = this.reached;
    }
    this.current = this.whole;
    this.settle();
  }

  /** Asks all of them, and only then says what follows: otherwise it would depend on their order. */
  probe(nowMs: number): void {
    this.probing = true;
    try {
      for (const time of this.counted()) time.probe(nowMs);
    } finally {
      this.probing = false;
    }
    this.settle();
  }

  stateOf(split: string): SplitTimeState | null {
    return this.splits.get(split)?.state ?? null;
  }

  /** By id; none where splits are not told apart. */
  get byId(): ReadonlyMap<string, SplitTime<T>> {
    return this.splits;
  }

  /** Whoever is without a split stands for himself. */
  counted(): Iterable<SplitTime<T>> {
    return this.splits.size === 0 ? [this.whole] : this.splits.values();
  }

  settle(): void {
    if (this.probing) return;
    let least = Number.POSITIVE_INFINITY;
    for (const { isIdle, reached } of this.counted()) if (!isIdle && reached < least) least = reached;
    const isIdle = least === Number.POSITIVE_INFINITY;
    if (!isIdle) this.least = least;
    if (isIdle !== this.isIdle) {
      this.isIdle = isIdle;
      this.listener.idle(isIdle);
    }
    if (isIdle || least <= this.reached) return;
    this.reached = least;
    this.listener.watermark(least);
  }
}
