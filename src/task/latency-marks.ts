import type { Timer } from '../ports/clock.js';
import type { LatencyMarker } from './elements.js';
import type { TaskletSetting } from './tasklet-setting.js';

/** Latency markers of one task: a source sends them, others pass them on, and the last in line tells how long they took. */
export class LatencyMarks {
  private timer: Timer | null = null;
  private due = false;

  constructor(private readonly setting: TaskletSetting) {}

  /** From now on, sends one in every interval. */
  start(): void {
    const { ports, options, wake } = this.setting;
    if (options.latencyMarkerMs === null) return;
    this.timer = ports.clock.setTimer(options.latencyMarkerMs, () => {
      this.due = true;
      wake();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** Sends the one that is due, where the next record would be. */
  sendDue(): void {
    if (!this.due) return;
    this.due = false;
    const { subtask, ports } = this.setting;
    this.pass({ kind: 'latency', source: subtask, markedWallMs: ports.clock.wallMs() });
    this.start();
  }

  pass(marker: LatencyMarker): void {
    const { output, ports, trace } = this.setting;
    if (output.channels.length > 0) output.mark(marker);
    else trace('latency', { source: marker.source, latencyMs: ports.clock.wallMs() - marker.markedWallMs });
  }
}
