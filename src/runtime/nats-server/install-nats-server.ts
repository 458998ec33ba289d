import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError, thrownText } from '../../api/engine-error.js';
import { cacheFolder, keepServer } from './cache.js';
import { type NatsServerProgram, versionOf } from './find-nats-server.js';
import { httpGet } from './http-get.js';
import { checksumOf, type ReleaseArchive, releaseArchive, verifyChecksum } from './release.js';
import { programsNamed, runProgram } from './run-program.js';
import { waysToGet } from './ways.js';

/** A way to get nats-server on this machine. */
export type InstallWay =
  /** Debian's package, which apt-get downloads and verifies. It is unpacked and not installed: as a package it would start a service. */
  | { readonly kind: 'debian'; readonly aptGet: string; readonly dpkgDeb: string; readonly isRoot: boolean }
  /** The official release, verified by the checksums that it is published with. */
  | { readonly kind: 'release'; readonly archive: ReleaseArchive }
  /** An archive that a person has brought, verified by SHA256SUMS beside it when there is one. */
  | { readonly kind: 'file'; readonly path: string };

const updateTimeoutMs = 180_000;
const downloadTimeoutMs = 180_000;
const unpackTimeoutMs = 60_000;

/** The ways that this machine has, the best first. */
export async function installWays(env: NodeJS.ProcessEnv): Promise<InstallWay[]> {
  const [aptGet] = await programsNamed('apt-get', env, []);
  const [dpkgDeb] = await programsNamed('dpkg-deb', env, []);
  const isRoot = process.getuid?.() === 0;
  const archive = releaseArchive(process.platform, process.arch);
  return [
    ...(aptGet !== undefined && dpkgDeb !== undefined ? [{ kind: 'debian', aptGet, dpkgDeb, isRoot } as const] : []),
    ...(archive !== null ? [{ kind: 'release', archive } as const] : []),
  ];
}

/** What a way does, for a person to agree to. */
export function describeWay(way: InstallWay, env: NodeJS.ProcessEnv): string {
  const to = `put the program into ${cacheFolder(env)}`;
  switch (way.kind) {
    case 'debian':
      return `download Debian's package nats-server with apt-get and ${to}`;
    case 'release':
      return `download ${way.archive.url}, verify its checksum and ${to}`;
    case 'file':
      return `unpack ${way.path} and ${to}`;
  }
}

/**
 * Gets nats-server in the first of the ways that works, into the cache of this user, from where it is found. Rejects with an
 * EngineError: NATS_CHECKSUM_WRONG at once, else NATS_INSTALL_FAILED with what went wrong in each way and what a person can do.
 */
export async function installNatsServer(
  ways: readonly InstallWay[],
  env: NodeJS.ProcessEnv,
): Promise<NatsServerProgram> {
  const reasons: string[] = [];
  for (const way of ways) {
    const folder = await mkdtemp(join(tmpdir(), 'weirflow-install-'));
    try {
      return await keep(await unpacked(way, folder, env), env);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      reasons.push(`${describeWay(way, env)}: ${thrownText(error)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  if (reasons.length === 0) reasons.push('there is neither apt-get nor a release for this kind of machine');
  const message = `nats-server could not be installed.\n  ${reasons.join('\n  ')}\n${waysToGet(env)}`;
  throw new EngineError(failure('NATS_INSTALL_FAILED', 'infrastructure', message, 'never'));
}

async function keep(program: string, env: NodeJS.ProcessEnv): Promise<NatsServerProgram> {
  const version = await versionOf(program);
  if (version === null) throw new Error('what it gave does not run on this machine');
  return { path: await keepServer(program, version, env), version, from: 'cache' };
}

/** The path of the program, somewhere in `folder`. */
async function unpacked(way: InstallWay, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  switch (way.kind) {
    case 'debian': {
      // Only root may bring the lists up to date. Where that fails, what is known of packages may do.
      if (way.isRoot) await runProgram(way.aptGet, ['update'], updateTimeoutMs, folder);
      await demand(way.aptGet, ['download', 'nats-server'], downloadTimeoutMs, folder);
      const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
      if (file === undefined) throw new Error('apt-get downloaded no package');
      await demand(way.dpkgDeb, ['--extract', file, 'package'], unpackTimeoutMs, folder);
      return programIn(join(folder, 'package'));
    }
    case 'release': {
      const { url, checksumsUrl, file } = way.archive;
      const checksums = Buffer.from(await httpGet(checksumsUrl, env)).toString();
      const checksum = checksumOf(file, checksums);
      if (checksum === null) throw new Error(`${checksumsUrl} does not name ${file}`);
      const bytes = await httpGet(url, env);
      verifyChecksum(bytes, checksum, url);
      return fromArchive(file, bytes, folder);
    }
    case 'file': {
      const bytes = await readFile(way.path);
      const checksums = await readFile(join(way.path, '..', 'SHA256SUMS'), 'utf8').catch(() => null); // None was brought along.
      const checksum = checksums === null ? null : checksumOf(basename(way.path), checksums);
      if (checksum !== null) verifyChecksum(bytes, checksum, way.path);
      return fromArchive(basename(way.path), bytes, folder);
    }
  }
}

/** `tar` of every system unpacks `.tar.gz`; where releases are `.zip`, it unpacks these too. */
async function fromArchive(file: string, bytes: Uint8Array, folder: string): Promise<string> {
  await writeFile(join(folder, file), bytes);
  const isZip = file.endsWith('.zip') && process.platform === 'linux';
  const [program, ...args] = isZip ? ['unzip', '-q', file] : ['tar', '-xf', file];
  await demand(program ?? '', args, unpackTimeoutMs, folder);
  return programIn(folder);
}

async function programIn(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  for (const name of names) {
    if (!/(^|[/\\])nats-server(\.exe)?$/.test(name)) continue;
    const path = join(folder, name);
    // A zip archive need not say which of its files are programs.
    await chmod(path, 0o755);
    if ((await versionOf(path)) !== null) return path;
  }
  throw new Error('there is no nats-server in it that runs on this machine');
}

async function demand(program: string, args: readonly string[], timeoutMs: number, folder: string): Promise<void> {
  const { ok, reason } = await runProgram(program, args, timeoutMs, folder);
  if (!ok) throw new Error(`${basename(program)} ${args[0]}: ${reason}`);
}
