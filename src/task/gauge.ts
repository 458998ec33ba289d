/**
 * Whether a tasklet may take another record, in one field that compiled chains read after each. It counts the reasons against:
 * channels without credit, pulls that wait in the chain, and the end of the attempt.
 */
export class Gauge {
  stopped = false;
  private blockedChannels = 0;
  private pausedSegments = 0;
  private ended = false;

  get blocked(): boolean {
    return this.blockedChannels > 0;
  }

  get paused(): boolean {
    return this.pausedSegments > 0;
  }

  channelBlocked(blocked: boolean): void {
    this.blockedChannels += blocked ? 1 : -1;
    this.settle();
  }

  segmentPaused(paused: boolean): void {
    this.pausedSegments += paused ? 1 : -1;
    this.settle();
  }

  end(): void {
    this.ended = true;
    this.settle();
  }

  private settle(): void {
    this.stopped = this.ended || this.blockedChannels > 0 || this.pausedSegments > 0;
  }
}
