/** Something that will happen at a moment of virtual time. */
export interface SimEvent {
  readonly atMs: number;
  /** Breaks ties: what was planned first happens first. */
  readonly seq: number;
  /** Null once it is canceled. */
  run: (() => void) | null;
}

/** The one queue of a simulated world: a binary heap by moment, then by order of planning. */
export class EventQueue {
  private readonly heap: SimEvent[] = [];
  private seq = 0;

  get size(): number {
    return this.heap.length;
  }

  add(atMs: number, run: () => void): SimEvent {
    this.seq += 1;
    const event: SimEvent = { atMs, seq: this.seq, run };
    const { heap } = this;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as SimEvent;
      if (!before(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
    return event;
  }

  /** The earliest event that is not canceled, taken out. */
  next(): SimEvent | undefined {
    for (;;) {
      const event = this.pop();
      if (event === undefined || event.run !== null) return event;
    }
  }

  /** When the earliest event that is not canceled is due; infinite while there is none. */
  earliestMs(): number {
    while (this.heap[0]?.run === null) this.pop();
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  private pop(): SimEvent | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && before(heap[right] as SimEvent, heap[left] as SimEvent) ? right : left;
      const below = heap[child] as SimEvent;
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

const before = (a: SimEvent, b: SimEvent): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
