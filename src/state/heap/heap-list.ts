/**
 * What the slot of a list holds. An array that was handed out is never changed again: the next `add` works on a copy. Remembers from where on it was
 * appended to in the interval of its last change, so that a delta holds that alone.
 */
export class HeapList {
  handedOut = false;
  private keptCount = -1;

  /** `changedIn` is the interval in which it is made; zero for one that was restored, whose array may be frozen. */
  constructor(
    public values: unknown[],
    private changedIn: number,
  ) {
    this.handedOut = changedIn === 0;
  }

  /** To be called before something is appended, and after the entry was marked as changed. */
  adding(interval: number): void {
    if (this.handedOut) {
      this.values = this.values.slice();
      this.handedOut = false;
    }
    if (this.changedIn === interval) return;
    this.changedIn = interval;
    this.keptCount = this.values.length;
  }

  /** How many values it had at a base, if it was only appended to since and all that in the interval of its last change; null when it was made in that. */
  keptSince(base: number): number | null {
    if (this.changedIn > 0 && this.changedIn <= base) return this.values.length;
    return this.keptCount >= 0 ? this.keptCount : null;
  }
}
