/** What a fold must give, in plain code over the numbers of the records. */
export interface FoldRule {
  /** What it is called in a difference. */
  readonly name: string;
  readonly keyOf: (id: number) => number;
  readonly amountOf: (id: number) => number;
  /** Along the counts of a key, the records of one lane come in this order. Without it any order is right. */
  readonly order?: { readonly laneOf: (id: number) => number; readonly placeOf: (id: number) => number };
}

/**
 * What a keyed fold has committed, held against plain code: for each key the counts are 1 to n, each once, and they tell the order in
 * which its records took effect; adding up along it must give every sum.
 */
export class Fold {
  private readonly counts: Uint32Array;
  private readonly sums: Float64Array;

  constructor(
    private readonly rule: FoldRule,
    records: number,
  ) {
    this.counts = new Uint32Array(records);
    this.sums = new Float64Array(records);
  }

  /** How many of its key had taken effect with this record; 0 when it is not committed. */
  countOf(id: number): number {
    return this.counts[id] ?? 0;
  }

  take(id: number, count: number, sum: number): void {
    this.counts[id] = count;
    this.sums[id] = sum;
  }

  /** The first difference of each key; the records that are not committed are told elsewhere. */
  *differences(): Generator<string> {
    const byKey = new Map<number, number[]>();
    for (let id = 0; id < this.counts.length; id += 1) {
      if (this.countOf(id) === 0) continue;
      const key = this.rule.keyOf(id);
      const ids = byKey.get(key);
      if (ids === undefined) byKey.set(key, [id]);
      else ids.push(id);
    }
    for (const [key, ids] of byKey) {
      const difference = this.differenceOf(ids.sort((a, b) => this.countOf(a) - this.countOf(b)));
      if (difference !== null) yield `${this.rule.name} ${key}: ${difference}`;
    }
  }

  private differenceOf(ids: readonly number[]): string | null {
    const { amountOf, order } = this.rule;
    const places = new Map<number, number>();
    let sum = 0;
    for (const [index, id] of ids.entries()) {
      if (this.countOf(id) !== index + 1)
        return `record ${id} has count ${this.countOf(id)}, and should have ${index + 1}`;
      sum += amountOf(id);
      if (this.sums[id] !== sum) return `record ${id}, count ${index + 1}: ${this.sums[id]} should be ${sum}`;
      if (order === undefined) continue;
      const lane = order.laneOf(id);
      const before = places.get(lane) ?? -1;
      if (order.placeOf(id) <= before) return `record ${id} took effect after a later one of its lane`;
      places.set(lane, order.placeOf(id));
    }
    return null;
  }
}
