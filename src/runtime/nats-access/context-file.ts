import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError, thrownText } from '../../api/engine-error.js';
import { type SettingName, type Settings, settingsOf } from './settings.js';

export interface NatsContext {
  readonly name: string;
  readonly settings: Settings;
}

/** Fields of a context, by what they say. Others are about the `nats` command itself. */
const fields = {
  url: 'url',
  user: 'user',
  password: 'password',
  token: 'token',
  creds: 'creds',
  nkey: 'nkey',
  jwt: 'user_jwt',
  seed: 'user_seed',
  cert: 'cert',
  key: 'key',
  ca: 'ca',
  inboxPrefix: 'inbox_prefix',
  tlsFirst: 'tls_first',
} as const satisfies Record<SettingName, string>;

const paths: ReadonlySet<string> = new Set(['creds', 'nkey', 'cert', 'key', 'ca']);

/** Without them a context would lead elsewhere than it leads the `nats` command. */
const unsupported = ['nsc', 'socks_proxy', 'jetstream_domain', 'jetstream_api_prefix', 'windows_cert_store'] as const;

/** Where the `nats` command keeps its contexts: `~/.config/nats`, or below XDG_CONFIG_HOME. */
function contextFolder(env: NodeJS.ProcessEnv): string {
  const given = env.XDG_CONFIG_HOME ?? '';
  return join(given === '' ? join(homeOf(env), '.config') : given, 'nats');
}

/**
 * The context of that name, or in that file when it is the path of a .json file; without a name the one that `nats context select` has
 * chosen, or null. Throws an EngineError: NATS_CONTEXT_UNKNOWN with those there are, NATS_CONTEXT_INVALID, NATS_CONTEXT_UNSUPPORTED.
 */
export function readNatsContext(given: string | null, env: NodeJS.ProcessEnv): NatsContext | null {
  if (given?.endsWith('.json') && existsSync(given)) return readContextFile(given, basename(given, '.json'), env);
  const folder = contextFolder(env);
  const name = given ?? selectedIn(folder);
  if (name === null) return null;
  const path = join(folder, 'context', `${name}.json`);
  if (!isName(name) || !existsSync(path)) throw unknownContext(name, folder, given === null);
  return readContextFile(path, name, env);
}

function readContextFile(path: string, name: string, env: NodeJS.ProcessEnv): NatsContext {
  const context = parsed(path);
  const beyond = unsupported.find((field) => textOf(context[field]) !== '');
  if (beyond !== undefined) {
    const message = `NATS context '${name}' has a ${beyond}, with which Weirflow cannot reach it. Use one without (${path}).`;
    throw new EngineError(failure('NATS_CONTEXT_UNSUPPORTED', 'user', message, 'never'));
  }
  const settings = Object.entries(fields).map(([setting, field]) => {
    const text = textOf(context[field]);
    const value = paths.has(setting) ? expanded(text, env) : text;
    return [setting as SettingName, value, `${field} of context '${name}'`] as const;
  });
  return { name, settings: settingsOf(settings) };
}

function parsed(path: string): Readonly<Record<string, unknown>> {
  try {
    const context: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof context === 'object' && context !== null) return context as Readonly<Record<string, unknown>>;
    throw new Error('it is no object');
  } catch (error) {
    // What the parser says may quote the file, which may hold a password.
    const why = error instanceof SyntaxError ? 'it is no JSON' : thrownText(error);
    const message = `The NATS context in ${path} cannot be read: ${why}. nats context edit mends it, --context chooses another.`;
    throw new EngineError(failure('NATS_CONTEXT_INVALID', 'user', message, 'never'));
  }
}

function unknownContext(name: string, folder: string, isSelected: boolean): EngineError {
  const known = knownIn(join(folder, 'context'));
  const there = known.length === 0 ? 'There is none' : `There are ${known.join(', ')}`;
  const who = isSelected ? `${join(folder, 'context.txt')} selects NATS context '${name}', which is not there` : null;
  const message =
    `${who ?? `There is no NATS context '${name}' in ${join(folder, 'context')}`}. ${there}. ` +
    'nats context add makes one; --context and NATS_CONTEXT choose.';
  return new EngineError(failure('NATS_CONTEXT_UNKNOWN', 'user', message, 'never'));
}

function knownIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.map((file) => basename(file, '.json')).sort();
}

function selectedIn(folder: string): string | null {
  const path = join(folder, 'context.txt');
  const name = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  return name === '' ? null : name;
}

const isName = (name: string): boolean => name !== '' && !name.includes('..') && !/[/\\]/.test(name);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : value === true ? 'true' : '');

const homeOf = ({ HOME }: NodeJS.ProcessEnv): string => (HOME === undefined || HOME === '' ? homedir() : HOME);

/** As the `nats` command reads a path: `~` is home, `$NAME` and `${NAME}` are variables. */
function expanded(path: string, env: NodeJS.ProcessEnv): string {
  const whole = path.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? '',
  );
  return whole.startsWith('~') ? `${homeOf(env)}${whole.slice(1)}` : whole;
}
