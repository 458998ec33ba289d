import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How many bytes are committed in a folder of parts: what is in progress or pending begins with a dot. */
export async function committedBytes(output: string): Promise<number> {
  const names = await readdir(output).catch(() => [] as string[]);
  const sizes = await Promise.all(
    names.filter((name) => name.startsWith('part-')).map(async (name) => (await stat(join(output, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
