import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../../actors/kernel/failure.js';
import { EngineError } from '../../api/engine-error.js';
import { sweepStores } from '../../storage/level/level-engine.js';

/** Where state on disk goes unless somebody says otherwise. */
export const defaultStateFolder = (): string => join(tmpdir(), 'weirflow-state');

/** The folder of this process: nothing in it outlives the process. */
export const ownStateFolder = (folder: string): string => join(folder, String(process.pid));

/** Settles when processes can keep state on disk in that folder. Rejects with an EngineError, STATE_FOLDER_UNUSABLE. */
export async function requireStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    const message = `State on disk cannot be kept in ${folder}: ${(error as Error).message}. Give another folder: --state-dir.`;
    throw new EngineError(failure('STATE_FOLDER_UNUSABLE', 'user', message, 'never'));
  }
}

/**
 * Removes what processes left that are not there any more, and what an earlier one with the number of this one did. Several processes may share the folder.
 */
export async function sweepStateFolder(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const left = names.filter((name) => /^[0-9]+$/.test(name) && (Number(name) === process.pid || !lives(Number(name))));
  await Promise.all(left.map((name) => sweepStores(join(folder, name))));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Also one of another user. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
