import type { Unlisten } from '../../ports/bus.js';

type Receive = (bytes: Uint8Array) => void;

/** Who listens where. The last to listen at a name has it. */
export class Listeners {
  private readonly byName = new Map<string, { readonly receive: Receive }>();

  add(name: string, receive: Receive): Unlisten {
    const entry = { receive };
    this.byName.set(name, entry);
    return () => {
      if (this.byName.get(name) === entry) this.byName.delete(name);
    };
  }

  all(): readonly Receive[] {
    return [...this.byName.values()].map(({ receive }) => receive);
  }

  at(name: string): Receive | null {
    return this.byName.get(name)?.receive ?? null;
  }
}
