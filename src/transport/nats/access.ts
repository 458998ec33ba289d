import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  credsAuthenticator,
  jwtAuthenticator,
  type NodeConnectionOptions,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { type NatsTls, tlsOptions } from './tls-options.js';

/**
 * Who a process is to the servers, and how the line is protected. It is plain data, so that it can be handed to threads; each of them
 * makes its own authenticator of it. Files are named and not held: whoever renews one is not asked to restart anything.
 */
export interface NatsAccess {
  readonly login: NatsLogin;
  /** null: TLS when the server offers it, trusting whom this system trusts. */
  readonly tls: NatsTls | null;
  /** Of the subjects that the servers answer to; null for the client's own, `_INBOX`. */
  readonly inboxPrefix: string | null;
}

export type NatsLogin =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** A file of a user JWT and its seed. */
  | { readonly kind: 'creds'; readonly file: string }
  /** A file of a seed. */
  | { readonly kind: 'nkey'; readonly file: string }
  /** `seed` is null for a bearer token, which needs no signature. */
  | { readonly kind: 'jwt'; readonly jwt: string; readonly seed: string | null };

export const anonymousAccess: NatsAccess = { login: { kind: 'anonymous' }, tls: null, inboxPrefix: null };

export const passwordAccess = (user: string, password: string): NatsAccess => ({
  ...anonymousAccess,
  login: { kind: 'password', user, password },
});

/** What the client is given for it, for servers at these URLs. Throws when a file of the login cannot be read, or is not what it should be. */
export function accessOptions(
  { login, tls, inboxPrefix }: NatsAccess,
  servers: readonly string[],
): Partial<NodeConnectionOptions> {
  const authenticator = authenticatorOf(login);
  return {
    ...(authenticator === null ? {} : { authenticator }),
    ...(tls === null ? {} : { tls: tlsOptions(tls, servers) }),
    ...(inboxPrefix === null ? {} : { inboxPrefix }),
  };
}

function authenticatorOf(login: NatsLogin): Authenticator | null {
  switch (login.kind) {
    case 'anonymous':
      return null;
    case 'password':
      return usernamePasswordAuthenticator(login.user, login.password);
    case 'token':
      return tokenAuthenticator(login.token);
    case 'jwt':
      return jwtAuthenticator(login.jwt, login.seed === null ? undefined : bytesOf(login.seed));
    case 'creds':
      return fromFile(login.file, credsAuthenticator);
    case 'nkey':
      return fromFile(login.file, (bytes) => nkeyAuthenticator(bytesOf(new TextDecoder().decode(bytes).trim())));
  }
}

/**
 * Reads the file anew whenever the server asks, so that renewed credentials count from the next connection on. The client ends for good
 * when an authenticator throws; a file that is just being replaced must not do that, so the last one that was whole is used then.
 */
function fromFile(file: string, authenticatorOf: (bytes: Uint8Array) => Authenticator): Authenticator {
  const read = (): Authenticator => {
    const authenticator = authenticatorOf(new Uint8Array(readFileSync(file)));
    authenticator('whole?');
    return authenticator;
  };
  let whole = read();
  return (nonce) => {
    whole = readWhole(read) ?? whole;
    return whole(nonce);
  };
}

function readWhole(read: () => Authenticator): Authenticator | null {
  try {
    return read();
  } catch {
    return null; // The server says so if what we have is too old.
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** How the login is named to a person: never with the secret in it. */
export function loginText(login: NatsLogin): string {
  switch (login.kind) {
    case 'anonymous':
      return 'without a login';
    case 'password':
      return `as user '${login.user}'`;
    case 'token':
      return 'with its token';
    case 'creds':
      return `with the credentials of ${login.file}`;
    case 'nkey':
      return `with the nkey of ${login.file}`;
    case 'jwt':
      return 'with its user JWT';
  }
}
