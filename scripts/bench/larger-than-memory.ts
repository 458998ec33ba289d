import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './outcome.js';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const job = fileURLToPath(new URL('./children/large-state.ts', import.meta.url));
const residentBytesMax = 1.5 * 1_024 ** 3;
const keyBytes = 1_024;
const everyMs = 500;

/** So many gigabytes of keyed state in one process, with checkpoints in files, and what that process takes of memory meanwhile. */
export async function largerThanMemory(gigabytes: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-large-'));
  const keys = Math.floor((gigabytes * 1_024 ** 3) / keyBytes);
  const places = ['--state-dir', join(folder, 'state'), '--checkpoints', join(folder, 'checkpoints')];
  const args = [main, 'run', job, '--slot-memory', '256MB', ...places, '--', '--keys', String(keys)];
  const sinceMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let residentBytes = 0;
  let ownBytes = 0;
  let mappedBytes = 0;
  for (let code: number | null | undefined; code === undefined; ) {
    code = await Promise.race([ended, pause(everyMs, undefined)]);
    const taken = child.pid === undefined ? null : await residentOf(child.pid);
    residentBytes = Math.max(residentBytes, (taken?.ownBytes ?? 0) + (taken?.mappedBytes ?? 0));
    ownBytes = Math.max(ownBytes, taken?.ownBytes ?? 0);
    mappedBytes = Math.max(mappedBytes, taken?.mappedBytes ?? 0);
  }
  const seconds = (performance.now() - sinceMs) / 1_000;
  rmSync(folder, { recursive: true, force: true });
  const code = child.exitCode;
  const text = `${inGigabytes(residentBytes)} resident at most`;
  const limit = `${residentBytesMax / 1_024 ** 3} GB`;
  return {
    name: 'larger',
    lines: [
      `larger than memory: ${gigabytes} GB of keyed state, ${keys} keys: ${text} (at most ${limit}): ${inGigabytes(ownBytes)} of its own and ${inGigabytes(mappedBytes)} of mapped files, each at its highest; ${seconds.toFixed(0)} s`,
    ],
    measured: { gigabytes, keys, residentBytes, ownBytes, mappedBytes, seconds, code },
    misses: [
      ...(residentBytes > residentBytesMax ? [`${text}, and at most ${limit} is wanted`] : []),
      ...(code === 0 ? [] : [`the job ended with exit code ${code}`]),
    ],
  };
}

const inGigabytes = (bytes: number): string => `${(bytes / 1_024 ** 3).toFixed(2)} GB`;

/** Resident memory from Linux's /proc: its own, and pages of mapped files. */
async function residentOf(pid: number): Promise<{ readonly ownBytes: number; readonly mappedBytes: number } | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
  if (status === null) return null;
  const bytesOf = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1_024;
  return { ownBytes: bytesOf('RssAnon'), mappedBytes: bytesOf('RssFile') };
}
