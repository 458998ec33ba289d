import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said last when it failed, or why it could not run. */
  readonly reason: string;
}

const outputBytesMax = 4 * 1_024 * 1_024;

/** Runs a program to its end, or kills it at the deadline. Never rejects. */
export function runProgram(program: string, args: readonly string[], timeoutMs: number, cwd?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: outputBytesMax, cwd } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ ok: true, stdout, reason: '' });
      const lastLine = stderr.trim().split('\n').at(-1) ?? '';
      const reason = error.killed === true ? `no end within ${timeoutMs} ms` : lastLine || error.message;
      resolve({ ok: false, stdout, reason });
    });
  });
}

/** Where programs often are although a user's PATH does not lead there. */
export const usualFolders: readonly string[] =
  process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** The paths at which `name` can be executed: those of PATH in its order, then those in `more`. */
export async function programsNamed(name: string, env: NodeJS.ProcessEnv, more: readonly string[]): Promise<string[]> {
  const isWindows = process.platform === 'win32';
  const file = isWindows ? `${name}.exe` : name;
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = new Set([...onPath, ...more]);
  const found: string[] = [];
  for (const folder of folders) {
    const path = join(folder, file);
    if (await isExecutable(path)) found.push(path);
  }
  return found;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
