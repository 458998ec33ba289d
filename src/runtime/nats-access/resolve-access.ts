import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import type { NatsAccess, NatsLogin } from '../../transport/nats/access.js';
import { parseServerUrl, type ServerUrl } from '../../transport/nats/server-url.js';
import type { NatsTls } from '../../transport/nats/tls-options.js';
import { readNatsContext } from './context-file.js';
import { environmentSettings, type Setting, type Settings } from './settings.js';

/** Where NATS is and how it lets us in. */
export interface NatsPlace {
  /** Without logins. */
  readonly servers: readonly string[];
  readonly access: NatsAccess;
  /** Whose settings count where nothing nearer was said. */
  readonly context: string | null;
}

/** `selected`: the one that NATS_CONTEXT names, else the one that `nats context select` has chosen. */
export type ContextChoice = { readonly kind: 'selected' | 'none' } | { readonly kind: 'named'; readonly name: string };

const defaultUrl: Setting = { value: 'nats://127.0.0.1:4222', from: 'the default' };

/**
 * Access to NATS as the `nats` command finds it: what is given goes before the environment, and that before the context. A login is
 * taken whole from the nearest place that has one, only a password may come from nearer than its user. Throws an EngineError:
 * NATS_CONTEXT_UNKNOWN, _INVALID, _UNSUPPORTED, NATS_FILE_UNREADABLE, NATS_OPTIONS_INVALID. None of them repeats a secret.
 */
export function resolveAccess(given: Settings, choice: ContextChoice, env: NodeJS.ProcessEnv): NatsPlace {
  const environment = environmentSettings(env);
  const context = chosenContext(choice, env);
  const places = [given, environment, context?.settings ?? {}];
  const settings: Settings = { ...places[2], ...environment, ...given };
  const urls = serversOf(settings.url ?? defaultUrl);
  const login = places.map((_, index) => loginOf(places, index, settings.url)).find((each) => each !== null);
  if (given.password !== undefined && login?.kind !== 'password') {
    throw invalid('--password needs a user: give --user too.');
  }
  return {
    servers: urls.map(({ bare }) => bare),
    access: {
      login: login ?? { kind: 'anonymous' },
      tls: tlsOf(settings, urls),
      inboxPrefix: settings.inboxPrefix?.value ?? null,
    },
    context: context?.name ?? null,
  };
}

function chosenContext(choice: ContextChoice, env: NodeJS.ProcessEnv): ReturnType<typeof readNatsContext> {
  if (choice.kind === 'none') return null;
  const named = choice.kind === 'named' ? choice.name : (env.NATS_CONTEXT ?? '');
  return readNatsContext(named === '' ? null : named, env);
}

function serversOf({ value, from }: Setting): readonly ServerUrl[] {
  const texts = value.split(',').flatMap((url) => (url.trim() === '' ? [] : [url.trim()]));
  const urls = texts.map(parseServerUrl);
  if (urls.length === 0 || urls.includes(null)) {
    throw invalid(`${from} names no server: a server is written nats://host:4222, several have commas between them.`);
  }
  return urls.filter((url) => url !== null);
}

/**
 * The login that place number `index` speaks of; null when it speaks of none. That of the URL, if it is the one that counts, goes before
 * the others, as in all NATS clients.
 */
function loginOf(places: readonly Settings[], index: number, url: Setting | undefined): NatsLogin | null {
  const own = places[index] ?? {};
  const inUrl = own.url === undefined || own.url !== url ? null : urlLogin(own.url);
  if (inUrl !== null) return inUrl;
  if (own.user !== undefined) return userLogin(places, index, own.user.value);
  if (own.token !== undefined) return { kind: 'token', token: own.token.value };
  if (own.creds !== undefined) return { kind: 'creds', file: readable('credentials', own.creds) };
  if (own.nkey !== undefined) return { kind: 'nkey', file: readable('nkey', own.nkey) };
  if (own.jwt !== undefined) return { kind: 'jwt', jwt: own.jwt.value, seed: own.seed?.value ?? null };
  return null;
}

/** A user without a password is a token where it is typed, and a user without a password in a context. */
function userLogin(places: readonly Settings[], index: number, user: string): NatsLogin {
  const isContext = index === places.length - 1;
  const password = places.slice(0, Math.max(2, index + 1)).find((place) => place.password !== undefined)?.password;
  if (password === undefined && !isContext) return { kind: 'token', token: user };
  return { kind: 'password', user, password: password?.value ?? '' };
}

function urlLogin(url: Setting): NatsLogin | null {
  const logins = serversOf(url).flatMap(({ login }) => (login === null ? [] : [login]));
  const [first, ...others] = logins;
  if (first === undefined) return null;
  if (others.some(({ user, password }) => user !== first.user || password !== first.password)) {
    throw invalid(
      `${url.from} has different logins for its servers. One is possible: give --user and --password instead.`,
    );
  }
  const { user, password } = first;
  return password === null ? { kind: 'token', token: user } : { kind: 'password', user, password };
}

function tlsOf({ cert, key, ca, tlsFirst }: Settings, urls: readonly ServerUrl[]): NatsTls | null {
  const isDemanded = urls.some(({ scheme }) => scheme === 'tls');
  if (cert === undefined && key === undefined && ca === undefined && tlsFirst === undefined && !isDemanded) return null;
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(`${(cert ?? key)?.from} is one half: give --tlscert and --tlskey together.`);
  }
  return {
    certFile: cert === undefined ? null : readable('certificate', cert),
    keyFile: key === undefined ? null : readable('key', key),
    caFile: ca === undefined ? null : readable('certificate authority', ca),
    first: tlsFirst !== undefined,
  };
}

/** The absolute path of a file that can be read now. */
function readable(what: string, { value, from }: Setting): string {
  if (!isPath(value)) {
    throw invalid(`${from} has to be the path of a file. Put the ${what} into one, readable by nobody else.`);
  }
  const path = resolve(value);
  try {
    readFileSync(path);
    return path;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = `The ${what} file ${path} (${from}) cannot be read: ${code}. Check the path, and whose the file is.`;
    throw new EngineError(failure('NATS_FILE_UNREADABLE', 'user', message, 'never'));
  }
}

/** False for a secret in place of its file, and for what the `nats` command fetches from elsewhere: neither is repeated in a message. */
const isPath = (value: string): boolean =>
  !/[\r\n]/.test(value) && !/^S[A-Z2-7]{50,}$/.test(value) && !/^eyJ/.test(value) && !/^[a-z]{2,}:/i.test(value);

const invalid = (message: string): EngineError =>
  new EngineError(failure('NATS_OPTIONS_INVALID', 'user', message, 'never'));
