import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** A certificate authority of a test, and what it has signed: paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  /** For a server at 127.0.0.1. */
  readonly server: Pair;
  /** For a server that is called otherwise. */
  readonly elsewhere: Pair;
  readonly client: Pair;
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Files that are removed at the end of the test. */
export async function certificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const ca = pairIn(folder, 'ca');
  await openssl(['req', '-x509', ...newKey(ca.key), '-out', ca.cert, '-days', '2', '-subj', '/CN=weirflow spec']);
  const signed = async (name: string, subjectNames: string): Promise<Pair> => {
    const pair = pairIn(folder, name);
    const request = join(folder, `${name}.csr`);
    const extension = join(folder, `${name}.ext`);
    await writeFile(extension, `subjectAltName=${subjectNames}\n`);
    await openssl(['req', ...newKey(pair.key), '-out', request, '-subj', `/CN=${name}`]);
    const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '2', '-extfile', extension];
    await openssl(['x509', '-req', '-in', request, ...by, '-out', pair.cert]);
    return pair;
  };
  return {
    ca: ca.cert,
    server: await signed('server', 'IP:127.0.0.1,DNS:localhost'),
    elsewhere: await signed('elsewhere', 'DNS:nats.example.org'),
    client: await signed('client', 'DNS:weir'),
  };
}

/** A server's configuration; with `verify` it wants a certificate of its clients. */
export function tlsBlock({ ca }: Certificates, { cert, key }: Pair, verify = false): string {
  return `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}", verify: ${verify}, timeout: 5 }`;
}

const pairIn = (folder: string, name: string): Pair => ({
  cert: join(folder, `${name}.pem`),
  key: join(folder, `${name}.key`),
});

const newKey = (path: string): readonly string[] => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-keyout',
  path,
];

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run('openssl', [...args]);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
    throw new Error(
      'These specs make their certificates with openssl, which is not on PATH. Install it (apt install openssl).',
    );
  }
}
