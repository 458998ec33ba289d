/** A server as people write it: `nats://user:password@host:4222`, `tls://[::1]`, `host`. */
export interface ServerUrl {
  /** Lower case; null when none is written. */
  readonly scheme: string | null;
  /** What stands before the `@`, decoded: a token has no password. */
  readonly login: { readonly user: string; readonly password: string | null } | null;
  /** The same server with the login left out. */
  readonly bare: string;
  /** Lower case, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

const defaultPort = 4222;

/** Null for what cannot be a server. */
export function parseServerUrl(text: string): ServerUrl | null {
  const [, scheme, before, place] = /^(?:([a-z]+):\/\/)?(?:(.*)@)?([^@]+)$/i.exec(text) ?? [];
  if (place === undefined) return null;
  const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?(?:\/|$)/.exec(place) ?? [];
  const host = inBrackets ?? plain;
  if (host === undefined) return null;
  return {
    scheme: scheme?.toLowerCase() ?? null,
    login: before === undefined ? null : loginOf(before),
    bare: `${scheme === undefined ? '' : `${scheme}://`}${place}`,
    host: host.toLowerCase(),
    port: port === undefined ? defaultPort : Number(port),
  };
}

function loginOf(text: string): ServerUrl['login'] {
  const colon = text.indexOf(':');
  if (colon < 0) return { user: decoded(text), password: null };
  return { user: decoded(text.slice(0, colon)), password: decoded(text.slice(colon + 1)) };
}

/** A password with a percent sign that nobody has encoded stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** URLs for a person to read, in one text, without the logins that they may hold. */
export const shownServers = (servers: readonly string[]): string =>
  servers.map((server) => server.replace(/^([a-z]+:\/\/)?.*@/i, '$1***@')).join(', ');
