import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import { cachedServers } from './cache.js';
import { programsNamed, runProgram, usualFolders } from './run-program.js';
import { waysToGet } from './ways.js';

export interface NatsServerProgram {
  readonly path: string;
  /** `2.9.10` */
  readonly version: string;
  readonly from: 'NATS_SERVER_BIN' | 'PATH' | 'cache';
}

/** What a cluster talks over: a server that runs elsewhere, or a program that can be started here. */
export type NatsSource =
  | { readonly kind: 'running'; readonly servers: readonly string[] }
  | { readonly kind: 'program'; readonly program: NatsServerProgram };

const versionTimeoutMs = 10_000;

/**
 * Looks for NATS: NATS_URL (several URLs are separated by commas), then NATS_SERVER_BIN, PATH, and what `weir nats install` has got.
 * Rejects with an EngineError: NATS_SERVER_MISSING with the ways to get it, or NATS_SERVER_UNUSABLE when NATS_SERVER_BIN leads to
 * nothing that works.
 */
export async function findNats(env: NodeJS.ProcessEnv = process.env): Promise<NatsSource> {
  const servers = (env.NATS_URL ?? '').split(',').flatMap((url) => (url.trim() === '' ? [] : [url.trim()]));
  if (servers.length > 0) return { kind: 'running', servers };
  return { kind: 'program', program: await demandNatsServer(env) };
}

/** The program to start; rejects like `findNats` when there is none. */
export async function demandNatsServer(env: NodeJS.ProcessEnv, folders = usualFolders): Promise<NatsServerProgram> {
  const program = await findNatsServer(env, folders);
  if (program !== null) return program;
  const message = `There is no nats-server here: not in NATS_SERVER_BIN, not on PATH, not in the cache.\n${waysToGet(env)}`;
  throw new EngineError(failure('NATS_SERVER_MISSING', 'user', message, 'never'));
}

/** The program to start, or null. One on PATH, in `folders` or in the cache that does not run is passed over. */
export async function findNatsServer(
  env: NodeJS.ProcessEnv,
  folders: readonly string[] = usualFolders,
): Promise<NatsServerProgram | null> {
  const named = env.NATS_SERVER_BIN ?? '';
  if (named !== '') return namedProgram(named);
  for (const path of await programsNamed('nats-server', env, folders)) {
    const version = await versionOf(path);
    if (version !== null) return { path, version, from: 'PATH' };
  }
  for (const path of await cachedServers(env)) {
    const version = await versionOf(path);
    if (version !== null) return { path, version, from: 'cache' };
  }
  return null;
}

/** `2.9.10` of a nats-server; null for anything else. */
export async function versionOf(path: string): Promise<string | null> {
  const { stdout } = await runProgram(path, ['--version'], versionTimeoutMs);
  return /^nats-server: v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
}

async function namedProgram(path: string): Promise<NatsServerProgram> {
  const version = await versionOf(path);
  if (version !== null) return { path, version, from: 'NATS_SERVER_BIN' };
  const { reason } = await runProgram(path, ['--version'], versionTimeoutMs);
  const why = reason === '' ? 'it does not say that it is nats-server' : reason;
  const message = `NATS_SERVER_BIN is '${path}', which cannot be used: ${why}. Give the path of nats-server, or unset it.`;
  throw new EngineError(failure('NATS_SERVER_UNUSABLE', 'user', message, 'never'));
}
