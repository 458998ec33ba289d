/** What stands in the file there is no record: an empty line, or a header. */
export const noRecord: unique symbol = Symbol('no record');

/** Thrown for a part of a file without which the rest means nothing. It always fails the attempt, also where records are skipped. */
export class BrokenFile extends Error {}

/** Turns the text of a record into its value. Throws for one that is malformed. */
export interface RecordDecoder<T> {
  decode(text: string): T | typeof noRecord;
  /** Names of fields that were read from the file itself; null while there are none. Plain data, given again after a restore. */
  readonly columns: readonly string[] | null;
}

export class LineDecoder implements RecordDecoder<string> {
  readonly columns = null;
  decode(text: string): string {
    return text;
  }
}

export class JsonDecoder<T> implements RecordDecoder<T> {
  readonly columns = null;
  /** `revive` makes a record of what the text holds. */
  constructor(private readonly revive: (form: unknown) => unknown = (form) => form) {}

  decode(text: string): T | typeof noRecord {
    return isBlank(text) ? noRecord : (this.revive(JSON.parse(text)) as T);
  }
}

/** Asked for each line, so it looks no further than the first character of most. */
function isBlank(text: string): boolean {
  return text === '' || (text.charCodeAt(0) <= 0x20 && text.trim() === '');
}
