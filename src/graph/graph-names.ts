import type { VertexId } from '../../actors/protocol/ids.js';

const slugCharactersMax = 48;

/**
 * Gives out ids of `a`-`z`, `0`-`9` and single dashes, each once. They derive from the names given, so that equal names in an equal
 * order give equal ids; names that look alike are numbered.
 */
export class GraphNames {
  private readonly taken = new Set<string>();

  /** For a chain: made of the uid of its first operator. */
  vertex(uid: string): VertexId {
    return this.claim(slug(uid), '-');
  }

  /** For a connection of two vertices, of which there may be several. */
  edge(from: VertexId, to: VertexId): string {
    return this.claim(`${from}--${to}`, '--');
  }

  private claim(wanted: string, separator: string): string {
    let id = wanted;
    for (let n = 2; this.taken.has(id); n++) id = `${wanted}${separator}${n}`;
    this.taken.add(id);
    return id;
  }
}

function slug(uid: string): string {
  const dashed = uid
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, slugCharactersMax);
  return dashed.replace(/^-|-$/g, '') || 'vertex';
}
