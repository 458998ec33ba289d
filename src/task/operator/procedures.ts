/** Holds a procedure up until it returns true; asked again whenever the tasklet has a turn. */
export type Wait = () => boolean;

/** Steps that may have to wait in between: a generator, so that they read in order and nothing runs beside them. */
export type Procedure = Generator<Wait, void, void>;

/** Runs one procedure at a time. */
export class Procedures {
  private current: Procedure | null = null;
  private wait: Wait | null = null;

  begin(procedure: Procedure): void {
    this.current = procedure;
    this.wait = null;
  }

  /** Goes on as far as possible; true when nothing is left to do. */
  advance(): boolean {
    while (this.current !== null) {
      const step = this.step(this.current);
      if (step === null) return false;
      if (step.done === true) this.current = null;
      else this.wait = step.value;
    }
    return true;
  }

  /** Null while it waits. What a wait throws is thrown where the procedure waits, so that whoever guards its steps says whose it is. */
  private step(current: Procedure): IteratorResult<Wait, void> | null {
    try {
      if (this.wait !== null && !this.wait()) return null;
    } catch (error) {
      return current.throw(error);
    }
    return current.next();
  }

  /** Also from within a step: it is the last one. */
  stop(): void {
    this.current = null;
  }
}

/** Waits until `condition` holds; does not when it holds already. */
export function* until(condition: Wait): Procedure {
  if (!condition()) yield condition;
}

/** Lets others have their turn before it goes on; `wake` asks for the next one. */
export function* pause(wake: () => void): Procedure {
  let hasPaused = false;
  yield () => {
    if (hasPaused) return true;
    hasPaused = true;
    wake();
    return false;
  };
}
