import { chmod, copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nodeEntropy } from '../world/entropy.js';

const pattern = /^nats-server-(\d+\.\d+\.\d+)(\.exe)?$/;

/** Where `weir nats install` puts what it gets: `~/.cache/weirflow`, or below XDG_CACHE_HOME. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const base =
    env.XDG_CACHE_HOME !== undefined && env.XDG_CACHE_HOME !== '' ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'weirflow');
}

/** Paths of the servers in the cache, the newest version first. */
export async function cachedServers(env: NodeJS.ProcessEnv): Promise<string[]> {
  const folder = cacheFolder(env);
  const names = await readdir(folder).catch((): string[] => []); // Nothing has been kept yet.
  const known = names.filter((name) => pattern.test(name));
  return known.sort((a, b) => compareVersions(versionIn(b), versionIn(a))).map((name) => join(folder, name));
}

/** Copies a server into the cache; a process that looks there meanwhile sees all of it or nothing. The value is its path. */
export async function keepServer(program: string, version: string, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = cacheFolder(env);
  const path = join(folder, `nats-server-${version}${process.platform === 'win32' ? '.exe' : ''}`);
  const unfinished = `${path}.${nodeEntropy.id()}`;
  await mkdir(folder, { recursive: true });
  await copyFile(program, unfinished);
  await chmod(unfinished, 0o755);
  await rename(unfinished, path);
  return path;
}

const versionIn = (name: string): string => pattern.exec(name)?.[1] ?? '';

/** Negative when `a` is the older. */
function compareVersions(a: string, b: string): number {
  const [inA, inB] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let part = 0; part < 3; part += 1) {
    const difference = (inA[part] ?? 0) - (inB[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
