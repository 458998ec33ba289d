import { open, readdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-error.js';

/** Writes a new file and makes its content durable; fails when it exists. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes durable which files are in the folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes durable which files are in `folder`, and that it and the folders above it exist, up to and including `root`. */
export async function syncFoldersUpTo(root: string, folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    await syncFolder(at);
    if (at === root || at === dirname(at)) return;
  }
}

/** Removes `folder` and those above it, below `root`, as long as they are empty. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (inUse.has(systemCode(error))) return;
      throw error;
    }
  }
}

const inUse: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY', 'EPERM', 'EACCES']);

/** Paths of the files under `folder`, at any depth, that `accept` takes; none when it does not exist. */
export async function filesUnder(folder: string, accept: (path: string) => boolean): Promise<string[]> {
  const entries = await entriesOf(folder);
  const found: string[] = [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (!accept(path)) continue;
    if (entry.isDirectory()) found.push(...(await filesUnder(path, accept)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

async function entriesOf(folder: string): Promise<Awaited<ReturnType<typeof readEntries>>> {
  try {
    return await readEntries(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

const readEntries = (folder: string) => readdir(folder, { withFileTypes: true });
