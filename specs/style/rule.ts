import type { Source } from './source.js';

/** A rule of the house: where it holds, what breaks it, why it stands, and what to do instead. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  readonly instead: string;
  appliesTo(path: string): boolean;
  find(source: Source): Iterable<Hit>;
}

export interface Hit {
  readonly line: number;
  /** The offending thing, as short as it can be told. */
  readonly what: string;
}

/** What breaks `rule` in `sources`, one readable paragraph each; empty when the tree is tidy. */
export function findingsOf(rule: Rule, sources: Iterable<Source>): string[] {
  const findings: string[] = [];
  for (const source of sources) {
    if (!rule.appliesTo(source.path)) continue;
    for (const hit of rule.find(source)) {
      findings.push(
        `${source.path}:${hit.line}  ${rule.name}: ${hit.what}\n    why: ${rule.why}\n    do: ${rule.instead}`,
      );
    }
  }
  return findings;
}

export function under(...folders: readonly string[]): (path: string) => boolean {
  return (path) => folders.some((folder) => path.startsWith(folder));
}
