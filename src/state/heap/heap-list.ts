/**
 * What the slot of a list holds. An array that was handed out is never changed again: the next `add` works on a copy. Remembers from where on it was
 * appended to in the interval of its last change, so that a delta holds that alone.
 */
export class HeapList {
  handedOut = false;
  /** The interval of the change before; nothing has changed since then but what comes behind the first `kept` values. */
  private since: number;
  private kept = -1;

  /** `changedIn` is the interval in which it is made; zero for one that was restored, whose array may be frozen. */
  constructor(
    public values: unknown[],
    private changedIn: number,
  ) {
    this.since = changedIn;
    this.handedOut = changedIn === 0;
  }

  /** To be called before something is appended, and after the entry was marked as changed. */
  adding(interval: number): void {
    if (this.handedOut) {
      this.values = this.values.slice();
      this.handedOut = false;
    }
    if (this.changedIn === interval) return;
    this.since = this.changedIn;
    this.changedIn = interval;
    this.kept = this.values.length;
  }

  /** How many of its values the base has, the rest having been appended since then; null when more than that may have changed. */
  keptSince(base: number): number | null {
    return this.kept >= 0 && this.since <= base ? this.kept : null;
  }
}
