import { deepFreeze } from '../deep-freeze.js';
import { StateFailure } from '../state-failure.js';
import { encodedBy, readerOf, stateText, type ValueSerializer } from '../value-serializer.js';
import { Unstorable, ValueWriter } from '../value-writer.js';

/** What Weirflow can store, as a refusal says it. */
const storable = 'strings, numbers, bigints, booleans, null, Uint8Array, and plain objects and arrays of these';

const serializable = ', and instances of a class for which the state has a serializer: see classSerializer';

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
  private reader: ((data: unknown) => unknown) | null = null;
  /** Of the job, for values that are no plain data; null until the code asks for the state. */
  serializer: ValueSerializer<unknown> | null = null;

  constructor(operator: string, state: string, development: boolean) {
    this.operator = operator;
    this.state = state;
    this.development = development;
  }

  admit(value: unknown): void {
    if (typeof value === 'number' && this.serializer === null) return;
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

  /** What a checkpoint holds of a value. */
  stored(value: unknown): unknown {
    return this.serializer === null ? value : encodedBy(this.where, this.serializer, value);
  }

  /** A value that was read, to be handed out. */
  given(value: unknown): unknown {
    this.restored(value);
    return value;
  }

  /** The value again, from what `stored` made of it. */
  revived(data: unknown): unknown {
    const { serializer } = this;
    if (serializer === null) return this.given(data);
    this.reader ??= readerOf(this.where, serializer, serializer);
    return this.given(this.reader?.(data));
  }

  /** How refusals name the state. */
  get where(): string {
    return stateText(this.operator, this.state);
  }

  /** Reports what the writer of a snapshot refused. */
  refuse(what: string, isInstance = false): never {
    const { serializer } = this;
    const of = serializer === null ? '' : ` of what serializer '${serializer.name}' makes of it`;
    const advice = isInstance && serializer === null ? serializable : '';
    throw new StateFailure(
      'STATE_UNSUPPORTED',
      'user',
      `${this.where}: ${what}${of}; storable are ${storable}${advice}`,
    );
  }

  private check(value: unknown): void {
    this.judge.clear();
    try {
      this.judge.write(this.stored(value));
    } catch (error) {
      if (error instanceof Unstorable) this.refuse(`value${error.message}`, error.isInstance);
      throw error;
    }
  }
}
