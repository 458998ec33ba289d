import { deepFreeze } from '../deep-freeze.js';
import { StateFailure } from '../state-failure.js';
import { Unstorable, ValueWriter } from '../value-writer.js';

/** What Weirflow can store, as a refusal says it. */
const storable = 'strings, numbers, bigints, booleans, null, Uint8Array, and plain objects and arrays of these';

/**
 * Lets values into one state, or refuses them with STATE_UNSUPPORTED: at the write, where the stack still shows who
 * made them. In development every value is checked and frozen; otherwise the first one is checked, which finds what is
 * wrong by type, and the snapshot finds the rest.
 */
export class Admission {
  private readonly operator: string;
  private readonly state: string;
  private readonly development: boolean;
  private readonly judge = new ValueWriter();
  private checked = false;

  constructor(operator: string, state: string, development: boolean) {
    this.operator = operator;
    this.state = state;
    this.development = development;
  }

  admit(value: unknown): void {
    if (typeof value === 'number') return;
    if (value === undefined) this.refuse('value is undefined; use clear() to have no value');
    if (this.checked && !this.development) return;
    this.check(value);
    this.checked = true;
    if (this.development) deepFreeze(value);
  }

  /** What was restored is handed out like what was written. */
  restored(value: unknown): void {
    if (this.development) deepFreeze(value);
  }

  /** Reports what the writer of a snapshot refused. */
  refuse(what: string): never {
    throw new StateFailure(
      'STATE_UNSUPPORTED',
      'user',
      `state '${this.state}' of operator '${this.operator}': ${what}; storable are ${storable}`,
    );
  }

  private check(value: unknown): void {
    this.judge.clear();
    try {
      this.judge.write(value);
    } catch (error) {
      if (error instanceof Unstorable) this.refuse(`value${error.message}`);
      throw error;
    }
  }
}
