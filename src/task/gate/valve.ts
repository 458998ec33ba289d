import { maxWatermark } from '../../operators/operator.js';

/** Before the first watermark. */
export const unknownWatermark = Number.NEGATIVE_INFINITY;

type ChannelStatus =
  | 'active'
  /** Active again, but behind what was put out meanwhile: it does not count until it has caught up. */
  | 'catchingUp'
  | 'idle'
  /** Its last record has come. Unlike an idle channel it says nothing about time any more, and so can never push it forward. */
  | 'finished';

/** What a change of one channel means for the task. */
export interface ValveChange {
  /** The watermark that holds now, or null when it is not a new one. */
  readonly watermark: number | null;
  /** Whether the input as a whole has become idle or active, or null when it has not changed. */
  readonly idle: boolean | null;
}

/** How one channel stands, for people. */
export interface ChannelTime {
  readonly watermark: number;
  readonly status: ChannelStatus;
}

/** Event time of a task, as it follows from what its channels say. */
export interface EventTime {
  readonly watermark: number;
  advance(channel: number, watermark: number): ValveChange;
  setIdle(channel: number, idle: boolean): ValveChange;
  /** Its last record has come. */
  finish(channel: number): ValveChange;
  inspect(channel: number): ChannelTime;
}

export const nothing: ValveChange = { watermark: null, idle: null };

/**
 * Combines the watermarks of channels into one that never falls: the least over the channels that count. When the last of them falls
 * idle, the greatest watermark of the idle ones is put out first. Only when all have finished is it the maximal one.
 */
export class Valve implements EventTime {
  private readonly watermarks: number[];
  private readonly statuses: ChannelStatus[];
  private idle = false;
  watermark = unknownWatermark;

  constructor(channels: number) {
    this.watermarks = new Array<number>(channels).fill(unknownWatermark);
    this.statuses = new Array<ChannelStatus>(channels).fill('active');
  }

  /** The maximal watermark is the end of data: a channel that says it has finished. */
  advance(channel: number, watermark: number): ValveChange {
    if (watermark >= maxWatermark) return this.finish(channel);
    const status = this.statuses[channel];
    if (status === 'finished' || watermark <= (this.watermarks[channel] as number)) return nothing;
    this.watermarks[channel] = watermark;
    if (status === 'idle') return nothing;
    if (status === 'catchingUp' && watermark >= this.watermark) this.statuses[channel] = 'active';
    return this.settle();
  }

  setIdle(channel: number, idle: boolean): ValveChange {
    const status = this.statuses[channel];
    if (status === 'finished' || (status === 'idle') === idle) return nothing;
    if (idle) this.statuses[channel] = 'idle';
    else this.statuses[channel] = (this.watermarks[channel] as number) >= this.watermark ? 'active' : 'catchingUp';
    return this.settle();
  }

  finish(channel: number): ValveChange {
    if (this.statuses[channel] === 'finished') return nothing;
    this.statuses[channel] = 'finished';
    return this.settle();
  }

  inspect(channel: number): ChannelTime {
    return {
      watermark: this.watermarks[channel] as number,
      status: this.statuses[channel] as ChannelStatus,
    };
  }

  private settle(): ValveChange {
    const { statuses } = this;
    if (statuses.every((status) => status === 'finished')) return { watermark: this.raise(maxWatermark), idle: null };
    const isIdle = statuses.every((status) => status === 'idle' || status === 'finished');
    const watermark = this.raise(isIdle ? this.greatestIdle() : this.leastActive());
    if (isIdle === this.idle) return watermark === null ? nothing : { watermark, idle: null };
    this.idle = isIdle;
    return { watermark, idle: isIdle };
  }

  private raise(watermark: number): number | null {
    if (watermark <= this.watermark) return null;
    this.watermark = watermark;
    return watermark;
  }

  private leastActive(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [channel, status] of this.statuses.entries()) {
      if (status === 'active') least = Math.min(least, this.watermarks[channel] as number);
    }
    // Infinite while all that are not idle catch up.
    return least === Number.POSITIVE_INFINITY ? unknownWatermark : least;
  }

  private greatestIdle(): number {
    let greatest = unknownWatermark;
    for (const [channel, status] of this.statuses.entries()) {
      if (status === 'idle') greatest = Math.max(greatest, this.watermarks[channel] as number);
    }
    return greatest;
  }
}
