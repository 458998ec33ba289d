import { link, mkdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { failure } from '../../../actors/kernel/failure.js';
import type {
  BlobStore,
  CreateResult,
  DeleteResult,
  Failed,
  ListResult,
  PutResult,
  ReadResult,
  Unknown,
} from '../../ports/blob-store.js';
import type { Entropy } from '../../ports/clock.js';
import { blobNameFailure } from '../blob-name.js';
import { filesUnder, removeEmptyFolders, syncFolder, syncFoldersUpTo, writeDurably } from './durable-files.js';
import { fullCodes, systemCode, systemReason, unwritableCodes } from './system-error.js';

/** How often a folder may vanish under a writer, because a deleter found it empty, before the write fails. */
const placeAttemptsMax = 50;
const abandonedAfterMs = 24 * 3_600_000;
/** Absent, or a name whose parts are files or folders where it needs the other. */
const absentCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);
/** After one of these the name may have been taken or not. */
const unclearCodes: ReadonlySet<string> = new Set(['EIO', 'ESTALE', 'ETIMEDOUT']);
/** What a file system without hard links answers to `link`. */
const noLinkCodes: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

/** The blob may stand under its name or not, or stand there without being durable: whoever asked must read back. */
class Unsettled extends Error {}

/**
 * A BlobStore in a folder, which several processes may share. A write goes to a file of its own, is synced, and then takes its name
 * with one `rename` (put) or `link` (create), so that a reader sees all of a blob or nothing, and of two creators one wins; then the
 * folders are synced. What a crash leaves unfinished lies in `.writing`, is never listed or read, and goes after a day.
 *
 * Fails with STORE_UNWRITABLE (folder, reason and remedy in the message) where a restart would not help, with STORE_FULL when there
 * is no room, with STORE_UNSUITABLE on a file system without hard links, else with STORE_FAILED. `unknown` after an error that came
 * when the name had been taken already. A blob and a folder of blobs cannot have the same name.
 */
export class FileBlobStore implements BlobStore {
  private readonly root: string;
  private readonly writing: string;
  private readonly writer: string;
  private writes = 0;
  private swept = false;

  constructor(options: { readonly folder: string; readonly entropy: Entropy }) {
    this.root = resolve(options.folder);
    this.writing = `${this.root}/.writing`;
    this.writer = options.entropy.id();
  }

  put(name: string, bytes: Uint8Array, done: (result: PutResult) => void): void {
    this.answer<PutResult>(name, done, async () => {
      await this.write(name, bytes, renameOver);
      return { outcome: 'stored' };
    });
  }

  create(name: string, bytes: Uint8Array, done: (result: CreateResult) => void): void {
    this.answer<CreateResult>(name, done, async () => ({ outcome: await this.write(name, bytes, linkOnce) }));
  }

  read(name: string, done: (result: ReadResult) => void): void {
    this.answer<ReadResult>(name, done, async () => {
      try {
        return { outcome: 'read', bytes: await readFile(`${this.root}/${name}`) };
      } catch (error) {
        if (absentCodes.has(systemCode(error))) return { outcome: 'missing' };
        throw error;
      }
    });
  }

  list(prefix: string, done: (result: ListResult) => void): void {
    // Only the folder part of a prefix can be looked up; the rest is compared.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    this.answer<ListResult>(folder === '' ? null : folder.slice(0, -1), done, async () => {
      const start = folder === '' ? this.root : `${this.root}/${folder.slice(0, -1)}`;
      const listed = (path: string): boolean => path !== this.writing && this.nameOf(path).startsWith(prefix);
      const paths = await filesUnder(start, listed);
      return { outcome: 'listed', names: paths.map((path) => this.nameOf(path)).sort() };
    });
  }

  delete(name: string, done: (result: DeleteResult) => void): void {
    this.answer<DeleteResult>(name, done, async () => {
      const path = `${this.root}/${name}`;
      try {
        await unlink(path);
        await syncFolder(dirname(path));
        await removeEmptyFolders(this.root, dirname(path));
      } catch (error) {
        if (!absentCodes.has(systemCode(error))) throw error;
      }
      return { outcome: 'deleted' };
    });
  }

  private nameOf(path: string): string {
    return path.slice(this.root.length + 1);
  }

  private async write(name: string, bytes: Uint8Array, place: Place): Promise<'created' | 'exists'> {
    const target = `${this.root}/${name}`;
    this.writes += 1;
    const written = `${this.writing}/${this.writer}-${this.writes}`;
    await mkdir(this.writing, { recursive: true });
    try {
      await writeDurably(written, bytes);
      if (!this.swept) await this.removeAbandoned(written);
      const outcome = await this.placeAs(written, target, place);
      try {
        // Also when it existed: whoever asked goes on from what stands there, so that has to be durable too.
        await syncFoldersUpTo(this.root, dirname(target));
      } catch (error) {
        throw new Unsettled(systemReason(error), { cause: error });
      }
      return outcome;
    } finally {
      await removeUnfinished(written);
    }
  }

  private async placeAs(written: string, target: string, place: Place): Promise<'created' | 'exists'> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await mkdir(dirname(target), { recursive: true });
        return await place(written, target);
      } catch (error) {
        const code = systemCode(error);
        if (unclearCodes.has(code)) throw new Unsettled(systemReason(error), { cause: error });
        if (code !== 'ENOENT' || attempt === placeAttemptsMax) throw error;
      }
    }
  }

  /** Ages are compared on the clock of the file system, by the file just written. */
  private async removeAbandoned(justWritten: string): Promise<void> {
    this.swept = true;
    const nowMs = (await stat(justWritten)).mtimeMs;
    for (const path of await filesUnder(this.writing, () => true)) {
      const age = await stat(path).then(
        ({ mtimeMs }) => nowMs - mtimeMs,
        () => 0, // Its writer was quicker.
      );
      if (age > abandonedAfterMs) await removeUnfinished(path);
    }
  }

  private answer<R>(name: string | null, done: (result: R | Failed | Unknown) => void, work: () => Promise<R>): void {
    const invalid = name === null ? null : blobNameFailure(name);
    const result = invalid === null ? work() : Promise.resolve<Failed>({ outcome: 'failed', failure: invalid });
    result.then(done, (error: unknown) => done(this.outcomeOf(error)));
  }

  private outcomeOf(error: unknown): Failed | Unknown {
    if (error instanceof Unsettled) return { outcome: 'unknown' };
    const code = systemCode(error);
    const reason = systemReason(error);
    const where = `The store in folder '${this.root}'`;
    if (error instanceof NoLinks) {
      const message = `${where} cannot create a file only if it is absent: ${reason}. Choose a folder on a file system with hard links.`;
      return { outcome: 'failed', failure: failure('STORE_UNSUITABLE', 'infrastructure', message, 'never') };
    }
    if (unwritableCodes.has(code)) {
      const message = `${where} cannot be used: ${reason}. Let the user of this process write there, or choose another folder.`;
      return { outcome: 'failed', failure: failure('STORE_UNWRITABLE', 'infrastructure', message, 'never') };
    }
    if (fullCodes.has(code)) {
      const message = `${where} has no room: ${reason}. Free some space, or choose another folder.`;
      return { outcome: 'failed', failure: failure('STORE_FULL', 'infrastructure', message) };
    }
    const message = `${where} failed: ${reason}. Look at the disk and at the limits of this process.`;
    return { outcome: 'failed', failure: failure('STORE_FAILED', 'infrastructure', message) };
  }
}

/** Gives a written file its name. */
type Place = (written: string, target: string) => Promise<'created' | 'exists'>;

class NoLinks extends Error {}

async function renameOver(written: string, target: string): Promise<'created'> {
  await rename(written, target);
  return 'created';
}

async function linkOnce(written: string, target: string): Promise<'created' | 'exists'> {
  try {
    await link(written, target);
    return 'created';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return 'exists';
    if (noLinkCodes.has(code)) throw new NoLinks(systemReason(error), { cause: error });
    throw error;
  }
}

/** False when it is still there, which harms nobody: nothing reads it, and it is tried again once it counts as abandoned. */
async function removeUnfinished(path: string): Promise<boolean> {
  try {
    await rm(path, { force: true });
    return true;
  } catch {
    return false;
  }
}
