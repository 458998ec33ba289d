/** What can be said about access to NATS, in whichever place: on the command line, in the environment, in a context. */
export type SettingName =
  | 'url'
  | 'user'
  | 'password'
  | 'token'
  | 'creds'
  | 'nkey'
  | 'jwt'
  | 'seed'
  | 'cert'
  | 'key'
  | 'ca'
  | 'tlsFirst'
  | 'inboxPrefix';

export interface Setting {
  readonly value: string;
  /** Where a person said so: `--creds`, `NATS_CREDS`, `creds of context 'prod'`. */
  readonly from: string;
}

export type Settings = Partial<Readonly<Record<SettingName, Setting>>>;

/** The variables of the `nats` command. An empty one counts as absent. */
const variables = {
  url: 'NATS_URL',
  user: 'NATS_USER',
  password: 'NATS_PASSWORD',
  token: 'NATS_TOKEN',
  creds: 'NATS_CREDS',
  nkey: 'NATS_NKEY',
  cert: 'NATS_CERT',
  key: 'NATS_KEY',
  ca: 'NATS_CA',
} as const satisfies Partial<Record<SettingName, string>>;

export function environmentSettings(env: NodeJS.ProcessEnv): Settings {
  return settingsOf(Object.entries(variables).map(([name, from]) => [name as SettingName, env[from], from]));
}

/** Leaves out what is not given. */
export function settingsOf(given: readonly (readonly [SettingName, string | null | undefined, string])[]): Settings {
  const entries = given.flatMap(([name, value, from]) =>
    value == null || value.trim() === '' ? [] : [[name, { value, from }] as const],
  );
  return Object.fromEntries(entries);
}
