/** What a job gives to the program that started it: printed lines and collected values. */
export interface ClientOutput {
  line(text: string): void;
  /** Values committed to a named collection. The same `id` may come again after a recovery and counts once. */
  deliver(collection: string, id: string, values: readonly unknown[]): void;
}
