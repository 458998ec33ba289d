import { alignedStart } from './aligned.js';
import type { SlidingSizes } from './sliding-windows.js';

/**
 * The edges of sliding windows cut time into panes, at most two for each slide; a window is whole panes. Starts of panes and windows are what
 * is given and returned.
 */
export class Panes {
  /** Where in each slide windows end; 0 when that is where others start. */
  private readonly cutMs: number;

  constructor(readonly sizes: SlidingSizes) {
    this.cutMs = sizes.sizeMs % sizes.slideMs;
  }

  /** The pane that a time is in. */
  paneOf(time: number): number {
    const start = this.lastWindowOf(time);
    return this.cutMs > 0 && time >= start + this.cutMs ? start + this.cutMs : start;
  }

  /** The last window that a time is in, and so the last of its pane. */
  lastWindowOf(time: number): number {
    return alignedStart(time, this.sizes.slideMs, this.sizes.offsetMs);
  }

  /** The first one. */
  firstWindowOf(time: number): number {
    const { sizeMs, slideMs } = this.sizes;
    const last = this.lastWindowOf(time);
    return last - (Math.ceil((last + sizeMs - time) / slideMs) - 1) * slideMs;
  }

  /** The first window at or after `window` that a watermark has not made due. */
  firstOpen(window: number, watermark: number): number {
    const { sizeMs, slideMs } = this.sizes;
    const passedMs = watermark - (window + sizeMs - 1);
    return passedMs < 0 ? window : window + (Math.floor(passedMs / slideMs) + 1) * slideMs;
  }

  /** The pane after one. */
  after(pane: number): number {
    const { slideMs } = this.sizes;
    if (this.cutMs === 0) return pane + slideMs;
    const start = this.lastWindowOf(pane);
    return pane === start ? start + this.cutMs : start + slideMs;
  }
}
