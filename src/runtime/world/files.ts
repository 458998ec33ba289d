import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { FileDone, Files } from '../../ports/files.js';
import { syncFolder, syncFoldersUpTo } from '../../storage/file/durable-files.js';
import { fullCodes, systemCode, systemReason } from '../../storage/file/system-error.js';

/** The file system of this machine. Relative paths start at the working directory. */
export const nodeFiles: Files = {
  size: (path, done) =>
    settle(done, 'read', path, async () => {
      const found = await stat(path);
      if (found.isDirectory()) throw new IsFolder();
      return found.size;
    }),

  list: (folder, done) =>
    settle(done, 'list', folder, async () => {
      try {
        const entries = await readdir(folder, { withFileTypes: true });
        return entries
          .filter((entry) => !entry.isDirectory())
          .map(({ name }) => name)
          .sort();
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      }
    }),

  read: (path, offset, length, done) =>
    settle(done, 'read', path, async () => {
      const file = await open(path, 'r');
      try {
        const bytes = Buffer.allocUnsafe(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      } finally {
        await file.close();
      }
    }),

  makeFolder: (folder, done) =>
    settle(done, 'make the folder', folder, async () => {
      const first = await mkdir(resolve(folder), { recursive: true });
      if (first !== undefined) await syncFoldersUpTo(dirname(resolve(first)), resolve(folder));
      return null;
    }),

  create: (path, bytes, done) => settle(done, 'create', path, () => writeAll(path, 'wx', bytes)),

  // Never creates: a file that somebody has removed must not come back as its own tail.
  append: (path, bytes, done) => settle(done, 'append to', path, () => writeAll(path, appendOnly, bytes)),

  sync: (path, done) =>
    settle(done, 'sync', path, async () => {
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(dirname(path));
      return null;
    }),

  rename: (from, to, done) =>
    settle(done, `rename to '${to}'`, from, async () => {
      await rename(from, to);
      await syncFolder(dirname(to));
      if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
      return null;
    }),

  remove: (path, done) =>
    settle(done, 'remove', path, async () => {
      await rm(path, { force: true });
      return null;
    }),
};

const appendOnly = constants.O_WRONLY | constants.O_APPEND;

async function writeAll(path: string, flags: string | number, bytes: Uint8Array): Promise<null> {
  const file = await open(path, flags);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  return null;
}

class IsFolder extends Error {}

function settle<T>(done: FileDone<T>, verb: string, path: string, work: () => Promise<T>): void {
  work().then(
    (value) => done({ ok: true, value }),
    (error: unknown) => done({ ok: false, failure: fileFailure(verb, path, error) }),
  );
}

function fileFailure(verb: string, path: string, error: unknown): Failure {
  const from = isAbsolute(path) ? '' : ` (working directory '${process.cwd()}')`;
  const cannot = `Cannot ${verb} '${path}'${from}`;
  const code = systemCode(error);
  if (error instanceof IsFolder || code === 'EISDIR') {
    return failure('FILE_IS_FOLDER', 'infrastructure', `${cannot}: it is a folder.`);
  }
  if (code === 'ENOENT') return failure('FILE_MISSING', 'infrastructure', `${cannot}: it does not exist.`);
  if (code === 'EEXIST') return failure('FILE_EXISTS', 'infrastructure', `${cannot}: it exists already.`);
  const reason = `${cannot}: ${systemReason(error)}.`;
  if (deniedCodes.has(code))
    return failure('FILE_DENIED', 'infrastructure', `${reason} Give this process access to it.`);
  if (fullCodes.has(code)) return failure('DISK_FULL', 'infrastructure', `${reason} Free some space.`);
  return failure('FILE_FAILED', 'infrastructure', reason);
}

const deniedCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
