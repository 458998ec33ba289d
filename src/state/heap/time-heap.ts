/** Moments, the earliest first: a binary heap of numbers. Whoever adds them keeps them apart. */
export class TimeHeap {
  private readonly heap: number[] = [];

  /** Infinite when there is none. */
  first(): number {
    return this.heap[0] ?? Number.POSITIVE_INFINITY;
  }

  add(time: number): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(time);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as number;
      if (above <= time) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = time;
  }

  takeFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && (heap[right] as number) < (heap[left] as number) ? right : left;
      if ((heap[child] as number) >= last) break;
      heap[index] = heap[child] as number;
      index = child;
    }
    heap[index] = last;
  }
}
