/** Broken only by a defect of Weirflow; ends the unit that met it. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
  readonly details: unknown;

  constructor(message: string, details: unknown) {
    super(`${message} ${JSON.stringify(details)}`);
    this.details = details;
  }
}

/** Asserts what this actor itself guarantees. A peer's message is input: validate and refuse it instead. */
export function invariant(condition: boolean, message: string, details: unknown): asserts condition {
  if (!condition) throw new InvariantViolation(message, details);
}

/** For the end of a `switch` over a union: compiles only while every member is handled. */
export function assertNever(value: never, where: string): never {
  throw new InvariantViolation(`${where}: unexpected variant`, value);
}
