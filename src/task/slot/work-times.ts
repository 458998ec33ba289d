/** How long a tasklet was at work and how long its receivers held it up: two readings of the clock for each of its runs. */
export class WorkTimes {
  busyMs = 0;
  private blockedMs = 0;
  private blockedSinceMs: number | null = null;

  constructor(readonly bornMs: number) {}

  /** A run is over. One that moved nothing only looked whether there is something to do. */
  ran(fromMs: number, toMs: number, moved: boolean, isBlocked: boolean): void {
    if (this.blockedSinceMs !== null) this.blockedMs += (moved ? fromMs : toMs) - this.blockedSinceMs;
    if (moved) this.busyMs += toMs - fromMs;
    this.blockedSinceMs = isBlocked ? toMs : null;
  }

  backPressuredMs(nowMs: number): number {
    return this.blockedMs + (this.blockedSinceMs === null ? 0 : nowMs - this.blockedSinceMs);
  }
}
