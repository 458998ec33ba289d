import type { DeepReadonly, MapState } from '../state/keyed-state.js';
import type { Evictor, EvictorContext, WindowElement } from '../window/evictor.js';
import type { Window, WindowNamespace } from '../window/window.js';
import type { Fold } from './window-functions.js';
import type { WindowTimes } from './window-results.js';

/** What windows of the current key hold until they fire, by namespace. */
export interface WindowContents<T, W extends Window> {
  /** True when the window held nothing before. */
  add(namespace: WindowNamespace, value: T, timestamp: number): boolean;
  /** Adds what others hold to one, and empties them. */
  merge(into: WindowNamespace, from: readonly WindowNamespace[]): void;
  /** Hands what the window holds to `use`, unless that is nothing. */
  fire(namespace: WindowNamespace, window: W, use: (elements: readonly unknown[]) => void): void;
  clear(namespace: WindowNamespace): void;
}

/** One value for each window, folded as records come. */
export class FoldedContents<T, W extends Window> implements WindowContents<T, W> {
  constructor(
    private readonly values: MapState<WindowNamespace, unknown>,
    private readonly fold: Fold<T, unknown, unknown>,
  ) {}

  add(namespace: WindowNamespace, value: T): boolean {
    const before = this.values.get(namespace);
    this.values.put(namespace, before === undefined ? this.fold.first(value) : this.fold.add(before, value));
    return before === undefined;
  }

  merge(into: WindowNamespace, from: readonly WindowNamespace[]): void {
    let all: unknown = this.values.get(into);
    for (const each of from) {
      const other: unknown = this.values.get(each);
      if (other === undefined) continue;
      all = all === undefined ? other : this.fold.merge?.(all, other);
      this.values.remove(each);
    }
    if (all !== undefined) this.values.put(into, all);
  }

  fire(namespace: WindowNamespace, _window: W, use: (elements: readonly unknown[]) => void): void {
    const value = this.values.get(namespace);
    if (value !== undefined) use([this.fold.result(value)]);
  }

  clear(namespace: WindowNamespace): void {
    this.values.remove(namespace);
  }
}

/** In pieces, so that adding one does not copy them all where what state holds is frozen. */
type Pieces<E> = readonly (readonly E[])[];

const pieceMax = 256;

/** All elements of each window, in the order in which they came. */
class Elements<E> {
  constructor(
    private readonly pieces: MapState<WindowNamespace, Pieces<E>>,
    /** Whether what is added may be taken back: then nothing that state holds is changed in place. */
    private readonly takesBack: boolean,
  ) {}

  get(namespace: WindowNamespace): readonly E[] {
    return (this.pieces.get(namespace) as Pieces<E> | undefined)?.flat() ?? [];
  }

  /** True when it is the first. */
  add(namespace: WindowNamespace, element: E): boolean {
    const pieces = this.pieces.get(namespace) as Pieces<E> | undefined;
    if (pieces === undefined) {
      this.pieces.put(namespace, [[element]]);
      return true;
    }
    const last = pieces.at(-1) as readonly E[];
    if (last.length === pieceMax) this.pieces.put(namespace, [...pieces, [element]]);
    else if (this.takesBack || Object.isFrozen(last))
      this.pieces.put(namespace, [...pieces.slice(0, -1), [...last, element]]);
    else {
      // The engine owns the pieces and hands out copies, so it may change them; after it has said so, because a snapshot under way writes them first.
      this.pieces.put(namespace, pieces);
      (last as E[]).push(element);
    }
    return false;
  }

  put(namespace: WindowNamespace, elements: readonly E[]): void {
    if (elements.length === 0) {
      this.pieces.remove(namespace);
      return;
    }
    const pieces: E[][] = [];
    for (let at = 0; at < elements.length; at += pieceMax) pieces.push(elements.slice(at, at + pieceMax));
    this.pieces.put(namespace, pieces);
  }

  merge(into: WindowNamespace, from: readonly WindowNamespace[]): void {
    const all = [into, ...from].flatMap((each) => this.get(each));
    for (const each of from) this.pieces.remove(each);
    this.put(into, all);
  }

  clear(namespace: WindowNamespace): void {
    this.pieces.remove(namespace);
  }
}

/** The values of each window, for a function that gets them all. */
export class CollectedContents<T, W extends Window> implements WindowContents<T, W> {
  private readonly elements: Elements<T | DeepReadonly<T>>;

  constructor(pieces: MapState<WindowNamespace, Pieces<T | DeepReadonly<T>>>, takesBack: boolean) {
    this.elements = new Elements(pieces, takesBack);
  }

  add(namespace: WindowNamespace, value: T): boolean {
    return this.elements.add(namespace, value);
  }

  merge(into: WindowNamespace, from: readonly WindowNamespace[]): void {
    this.elements.merge(into, from);
  }

  fire(namespace: WindowNamespace, _window: W, use: (elements: readonly unknown[]) => void): void {
    const values = this.elements.get(namespace);
    if (values.length > 0) use(values);
  }

  clear(namespace: WindowNamespace): void {
    this.elements.clear(namespace);
  }
}

/** What takes records out of windows before they are folded, if they are. */
interface Evicting<T, W extends Window> {
  readonly evictor: Evictor<T, W>;
  readonly fold: Fold<T, unknown, unknown> | null;
  readonly times: WindowTimes;
}

/** Values with their timestamps, for an evictor; only then they are folded, if they are. */
export class EvictedContents<T, W extends Window> implements WindowContents<T, W> {
  private readonly elements: Elements<WindowElement<T>>;
  private readonly evictor: Evictor<T, W>;
  private readonly fold: Fold<T, unknown, unknown> | null;
  private readonly times: EvictorContext;

  constructor(
    pieces: MapState<WindowNamespace, Pieces<WindowElement<T>>>,
    takesBack: boolean,
    { evictor, fold, times }: Evicting<T, W>,
  ) {
    this.elements = new Elements(pieces, takesBack);
    this.evictor = evictor;
    this.fold = fold;
    this.times = {
      get watermark() {
        return times.currentWatermark();
      },
      currentProcessingTime: () => times.currentProcessingTime(),
    };
  }

  add(namespace: WindowNamespace, value: T, timestamp: number): boolean {
    return this.elements.add(namespace, { value, timestamp });
  }

  merge(into: WindowNamespace, from: readonly WindowNamespace[]): void {
    this.elements.merge(into, from);
  }

  fire(namespace: WindowNamespace, window: W, use: (elements: readonly unknown[]) => void): void {
    const all = this.elements.get(namespace);
    if (all.length === 0) return;
    const before = this.evictor.evictBefore?.(all, window, this.times) ?? all;
    const values = before.map(({ value }) => value);
    if (values.length > 0) use(this.fold === null ? values : [folded(this.fold, values)]);
    const after = this.evictor.evictAfter?.(before, window, this.times) ?? before;
    if (after.length < all.length) this.elements.put(namespace, after);
  }

  clear(namespace: WindowNamespace): void {
    this.elements.clear(namespace);
  }
}

function folded<T>(fold: Fold<T, unknown, unknown>, [first, ...others]: readonly T[]): unknown {
  return fold.result(others.reduce((all, value) => fold.add(all, value), fold.first(first as T)));
}
