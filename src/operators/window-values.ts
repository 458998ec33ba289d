import type { MapState } from '../state/keyed-state.js';
import type { WindowNamespace } from '../window/window.js';

/** One named value of the current window. */
export interface WindowValue {
  value(): unknown;
  update(value: unknown): void;
  clear(): void;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Small values by name for each window of the current key. All of a window are one entry, so that its end leaves none behind, whatever their
 * names are.
 */
export class WindowValues {
  /** The window that values are of. */
  namespace: WindowNamespace = 0;
  private readonly byName = new Map<string, WindowValue>();

  constructor(private readonly entries: MapState<WindowNamespace, Values>) {}

  /** No window of the current key has any. */
  get isEmpty(): boolean {
    return this.entries.isEmpty();
  }

  of(name: string): WindowValue {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const value: WindowValue = {
      value: () => this.entries.get(this.namespace)?.[name],
      update: (to) => this.entries.put(this.namespace, { ...this.entries.get(this.namespace), [name]: to }),
      clear: () => this.remove(name),
    };
    this.byName.set(name, value);
    return value;
  }

  /** Values of that name that windows have. */
  among(namespaces: readonly WindowNamespace[], name: string): readonly unknown[] {
    return namespaces.map((each) => this.entries.get(each)?.[name]).filter((value) => value !== undefined);
  }

  clear(namespace: WindowNamespace): void {
    this.entries.remove(namespace);
  }

  private remove(name: string): void {
    const { [name]: removed, ...others } = this.entries.get(this.namespace) ?? {};
    if (removed === undefined) return;
    if (Object.keys(others).length === 0) this.entries.remove(this.namespace);
    else this.entries.put(this.namespace, others);
  }
}
