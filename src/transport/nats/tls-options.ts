import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { parseServerUrl } from './server-url.js';

/** TLS is demanded. Paths of PEM files, where they are not null. */
export interface NatsTls {
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly caFile: string | null;
  /** The handshake comes before the server's greeting, as `handshake_first` in its configuration wants it. */
  readonly first: boolean;
}

/** The client passes on what its own types do not name. */
type Options = NonNullable<NodeConnectionOptions['tls']> & Pick<ConnectionOptions, 'checkServerIdentity'>;

/** What the client is given, for servers at these URLs. */
export function tlsOptions({ certFile, keyFile, caFile, first }: NatsTls, servers: readonly string[]): Options {
  return {
    ...(certFile === null ? {} : { certFile }),
    ...(keyFile === null ? {} : { keyFile }),
    ...(caFile === null ? {} : { caFile }),
    ...(first ? { handshakeFirst: true } : {}),
    checkServerIdentity: identityCheck(servers),
  };
}

/**
 * The client upgrades a connection to a numeric address without saying which, and Node.js then holds the certificate against
 * `localhost`. It is held against the addresses that we were given instead; a server called localhost is still called that.
 */
export function identityCheck(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.flatMap((server) => parseServerUrl(server)?.host ?? []);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (name, certificate) => {
    if (name !== 'localhost' || hosts.includes('localhost')) return checkServerIdentity(name, certificate);
    const problems = addresses.map((address) => checkServerIdentity(address, certificate));
    return problems.includes(undefined) ? undefined : (problems[0] ?? checkServerIdentity(name, certificate));
  };
}
