/**
 * What the slot of a list holds. An array that was handed out is never changed again: the next `add` works on a copy. Remembers from where on it was
 * appended to, so that a delta holds that alone.
 */
export class HeapList {
  handedOut = false;
  /** The base at which it had `from` values, the first of those that it has; not known while that is below zero. */
  private since = 0;
  private from = -1;

  /** `changedIn` is the interval in which it is made; zero for one that was restored, whose array may be frozen. */
  constructor(
    public values: unknown[],
    private changedIn: number,
  ) {
    this.handedOut = changedIn === 0;
  }

  /** To be called before something is appended, and after the entry was marked as changed. */
  adding(interval: number, confirmed: number): void {
    if (this.handedOut) {
      this.values = this.values.slice();
      this.handedOut = false;
    }
    if (this.changedIn === interval) return;
    const isConfirmed = this.changedIn <= confirmed;
    if (isConfirmed || this.from < 0) {
      this.from = this.values.length;
      this.since = isConfirmed ? confirmed : this.changedIn;
    }
    this.changedIn = interval;
  }

  /** How many of its values the base has for certain, the rest having been appended since then or a little before; null when more than that was changed. */
  keptSince(base: number): number | null {
    return this.from >= 0 && this.since <= base ? this.from : null;
  }
}
