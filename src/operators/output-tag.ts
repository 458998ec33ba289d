/** Names a side output, and carries the type of its records. */
export interface OutputTag<in out T> {
  readonly name: string;
  /** Carries the type; never has a value. */
  readonly _type?: (value: T) => T;
}
