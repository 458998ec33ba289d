import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const pieceBytes = 65_536;
const megabytes = 32;

/** A folder whose disk can be full: a small file system of its own, in memory. */
export class SmallDisk {
  private readonly filler: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
    // Processes that are just being killed may still look at it.
    onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
    this.filler = join(folder, '.filler');
  }

  /** Whether such a disk can be made: not by everybody, and not in every container. */
  static isPossible(): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'weirflow-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
      execFileSync('umount', [folder]);
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Not a byte is left. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    try {
      for (let bytes = pieceBytes; bytes >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(bytes));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.filler);
  }
}
