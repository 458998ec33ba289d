/** One record whose call is under way, waits for its next try, or has its results. */
export interface AsyncCall<In, Out> {
  readonly value: In;
  readonly timestamp: number;
  /** What comes out of it; null until that is known. */
  results: readonly Out[] | null;
}

/** What comes next: the results of a call, or a watermark. */
export type NextResult<In, Out> =
  | { readonly kind: 'call'; readonly call: AsyncCall<In, Out> }
  | { readonly kind: 'watermark'; readonly timestamp: number };

/** Decides in which order results come out. */
export interface AsyncResults<In, Out> {
  add(call: AsyncCall<In, Out>): void;
  watermark(timestamp: number): void;
  /** The results of that call are known now. */
  completed(call: AsyncCall<In, Out>): void;
  hasNext(): boolean;
  /** Takes it out. */
  next(): NextResult<In, Out> | null;
  /** Calls whose results have not come out, known or not. */
  calls(): Iterable<AsyncCall<In, Out>>;
}

/** In the order of the input, watermarks included. */
export class OrderedResults<In, Out> implements AsyncResults<In, Out> {
  private items: NextResult<In, Out>[] = [];
  private first = 0;

  add(call: AsyncCall<In, Out>): void {
    this.items.push({ kind: 'call', call });
  }

  watermark(timestamp: number): void {
    this.items.push({ kind: 'watermark', timestamp });
  }

  completed(): void {}

  hasNext(): boolean {
    const item = this.items[this.first];
    return item !== undefined && (item.kind === 'watermark' || item.call.results !== null);
  }

  next(): NextResult<In, Out> | null {
    if (!this.hasNext()) return null;
    const item = this.items[this.first] as NextResult<In, Out>;
    this.first += 1;
    if (this.first * 2 > this.items.length) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
    return item;
  }

  *calls(): Iterable<AsyncCall<In, Out>> {
    for (const item of this.items.slice(this.first)) if (item.kind === 'call') yield item.call;
  }
}

/** What came between two watermarks. */
interface Segment<In, Out> {
  readonly open: Set<AsyncCall<In, Out>>;
  readonly done: AsyncCall<In, Out>[];
  /** The watermark behind it; null while more may come. */
  watermark: number | null;
}

/** In the order in which results are known, but none passes a watermark: event time means what it meant before. */
export class UnorderedResults<In, Out> implements AsyncResults<In, Out> {
  private readonly segments: Segment<In, Out>[] = [emptySegment()];
  private readonly segmentOf = new Map<AsyncCall<In, Out>, Segment<In, Out>>();

  add(call: AsyncCall<In, Out>): void {
    const segment = this.segments.at(-1) as Segment<In, Out>;
    segment.open.add(call);
    this.segmentOf.set(call, segment);
  }

  watermark(timestamp: number): void {
    (this.segments.at(-1) as Segment<In, Out>).watermark = timestamp;
    this.segments.push(emptySegment());
  }

  completed(call: AsyncCall<In, Out>): void {
    const segment = this.segmentOf.get(call) as Segment<In, Out>;
    this.segmentOf.delete(call);
    segment.open.delete(call);
    segment.done.push(call);
  }

  hasNext(): boolean {
    const { open, done, watermark } = this.segments[0] as Segment<In, Out>;
    return done.length > 0 || (open.size === 0 && watermark !== null);
  }

  next(): NextResult<In, Out> | null {
    const { open, done, watermark } = this.segments[0] as Segment<In, Out>;
    const call = done.shift();
    if (call !== undefined) return { kind: 'call', call };
    if (open.size > 0 || watermark === null) return null;
    this.segments.shift();
    return { kind: 'watermark', timestamp: watermark };
  }

  *calls(): Iterable<AsyncCall<In, Out>> {
    for (const { open, done } of this.segments) {
      yield* done;
      yield* open;
    }
  }
}

const emptySegment = <In, Out>(): Segment<In, Out> => ({ open: new Set(), done: [], watermark: null });
