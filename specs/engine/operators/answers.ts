import type { Offload } from '../../../src/ports/offload.js';

interface Asked {
  readonly done: (
    result: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown },
  ) => void;
  answered: boolean;
}

/** Calls that wait for the spec to answer them, in the order in which they were asked. What they ask is called, and its promise left alone. */
export class Answers {
  readonly asked: Asked[] = [];

  readonly offload: Offload = {
    run: (_label, work, done) => {
      void work();
      this.asked.push({ done: done as Asked['done'], answered: false });
    },
  };

  get open(): readonly number[] {
    return [...this.asked.keys()].filter((at) => this.asked[at]?.answered === false);
  }

  answer(at: number, value: unknown): void {
    this.take(at).done({ ok: true, value });
  }

  reject(at: number, message: string): void {
    this.take(at).done({ ok: false, error: new Error(message) });
  }

  private take(at: number): Asked {
    const asked = this.asked[at];
    if (asked === undefined) throw new Error(`nothing was asked as number ${at}`);
    asked.answered = true;
    return asked;
  }
}
