import { createHash } from 'node:crypto';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';

/** The release that is downloaded. Any from 2.9 on will do; this one is of a line that gets fixes. */
const releaseVersion = '2.15.1';
const releases = 'https://github.com/nats-io/nats-server/releases/download';

/** One archive of an official release. */
export interface ReleaseArchive {
  readonly version: string;
  /** Of the file, which is also the folder in it: `nats-server-v2.15.1-linux-amd64`. */
  readonly name: string;
  readonly file: string;
  readonly url: string;
  /** Where the release keeps the checksums of all its files. */
  readonly checksumsUrl: string;
}

const systems: Readonly<Record<string, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
  freebsd: 'freebsd',
};
const processors: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm7',
  ia32: '386',
  s390x: 's390x',
  ppc64: 'ppc64le',
};

/** The archive for a machine, as Node names it; null when there is none. */
export function releaseArchive(platform: string, arch: string, version = releaseVersion): ReleaseArchive | null {
  const [system, processor] = [systems[platform], processors[arch]];
  if (system === undefined || processor === undefined) return null;
  const name = `nats-server-v${version}-${system}-${processor}`;
  const file = `${name}.${system === 'linux' ? 'tar.gz' : 'zip'}`;
  const folder = `${releases}/v${version}`;
  return { version, name, file, url: `${folder}/${file}`, checksumsUrl: `${folder}/SHA256SUMS` };
}

/** The SHA-256 of `file` in what `sha256sum` writes: a line of it is the checksum, spaces, perhaps a star, and the name. */
export function checksumOf(file: string, checksums: string): string | null {
  for (const line of checksums.split('\n')) {
    const [, checksum, name] = /^([0-9a-f]{64})\s+\*?(.+?)\s*$/i.exec(line) ?? [];
    if (name === file) return checksum?.toLowerCase() ?? null;
  }
  return null;
}

/** Throws an EngineError NATS_CHECKSUM_WRONG unless the bytes have the checksum. */
export function verifyChecksum(bytes: Uint8Array, expected: string, what: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected.toLowerCase()) return;
  const message =
    `${what} has the SHA-256 ${found}, and should have ${expected.toLowerCase()}. It was not installed: ` +
    'it is damaged, or not what it says. Get it again.';
  throw new EngineError(failure('NATS_CHECKSUM_WRONG', 'infrastructure', message, 'never'));
}
