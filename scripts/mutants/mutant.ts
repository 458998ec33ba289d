/** One planted defect: a text that stands exactly once in a file, and what takes its place while the simulation is bundled. */
export interface Mutant {
  /** Kebab-case, unique; names the race or rule it breaks. */
  readonly name: string;
  /** Relative to the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Row of the table of known races that it plants again, or null. */
  readonly race: number | null;
  /** What goes wrong because of it, for people. */
  readonly harm: string;
}
