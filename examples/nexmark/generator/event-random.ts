// Taken out of Math once: looked up there for every draw, they cost more than the draw where a job runs in a context of its own.
const { floor, imul } = Math;

/**
 * Chance that follows from a seed and the number of an event alone, so that any event can be made again without those before it.
 * One object serves all events, one after the other.
 */
export class EventRandom {
  private state = 0;

  constructor(private readonly seed: number) {}

  /** From here on, what is drawn belongs to that event. */
  begin(event: number): void {
    this.state = mixed(mixed(this.seed ^ mixed(floor(event / 0x1_0000_0000))) + (event >>> 0));
  }

  /** A whole number from 0 up to `bound`, without it. */
  below(bound: number): number {
    return floor(this.fraction() * bound);
  }

  /** From 0 up to 1, without it. */
  fraction(): number {
    this.state = (this.state + 0x9e37_79b9) | 0;
    return (mixed(this.state) >>> 0) / 0x1_0000_0000;
  }
}

/** Spreads every bit over all 32: the finaliser of MurmurHash3. */
function mixed(value: number): number {
  let bits = value | 0;
  bits = imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return bits ^ (bits >>> 16);
}
