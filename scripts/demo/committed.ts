import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Counts the rows that are committed in a folder of parts: what is in progress or pending begins with a dot. */
export class CommittedRows {
  /** A part that is shown never changes, so each is read once. */
  private readonly rows = new Map<string, number>();

  constructor(private readonly output: string) {}

  async count(): Promise<number> {
    const names = await readdir(this.output).catch(() => [] as string[]); // The sink makes the folder.
    const shown = names.filter((name) => name.startsWith('part-') && !this.rows.has(name));
    for (const name of shown) {
      const text = await readFile(join(this.output, name), 'utf8');
      this.rows.set(name, text.split('\n').length - 1);
    }
    return [...this.rows.values()].reduce((sum, rows) => sum + rows, 0);
  }
}
