import type { CAC, Command as Declared } from 'cac';
import { type ContextChoice, type NatsPlace, resolveAccess } from '../runtime/nats-access/resolve-access.js';
import { type SettingName, settingsOf } from '../runtime/nats-access/settings.js';
import { UsageError } from './exit-code.js';
import { ownArgs, text } from './options.js';

/** Named as the `nats` command names them. */
const options = {
  url: ['-s, --server, --nats <url>', 'NATS servers, with commas between (NATS_URL; default: nats://127.0.0.1:4222)'],
  user: ['--user <name>', 'Who this is to NATS, or its token (NATS_USER)'],
  password: ['--password <password>', 'Its password; better given in NATS_PASSWORD or in a context'],
  token: ['--token <token>', 'A token; better given in NATS_TOKEN or in a context'],
  creds: ['--creds <file>', 'A file of user credentials (NATS_CREDS)'],
  nkey: ['--nkey <file>', 'A file of a user nkey (NATS_NKEY)'],
  cert: ['--tlscert <file>', 'The certificate of this process (NATS_CERT)'],
  key: ['--tlskey <file>', 'The key of that certificate (NATS_KEY)'],
  ca: ['--tlsca <file>', 'The certificate authority of the servers (NATS_CA)'],
  tlsFirst: ['--tlsfirst', 'Shake hands before the server greets'],
  inboxPrefix: ['--inbox-prefix <prefix>', 'Of the subjects that the servers answer to'],
} as const satisfies Partial<Record<SettingName, readonly [string, string]>>;

/** Every way to write one of them. */
export const accessFlags: readonly string[] = [
  ...Object.values(options).flatMap(([declared]) => declared.match(/--?[a-z-]+(?=,| |$)/g) ?? []),
  '--context',
  '--no-context',
];

export function withAccess(command: Declared): Declared {
  for (const [name, about] of Object.values(options)) command.option(name, about);
  // This one first: the parser takes the first of the two for what --context is.
  return command
    .option('--no-context', 'Leave the contexts of the nats command alone')
    .option('--context <name>', 'A context of the nats command (NATS_CONTEXT; default: the one selected there)');
}

/** Access to NATS by the command line, the environment and the contexts. Throws what `resolveAccess` does. */
export function natsPlace(cli: CAC, env: NodeJS.ProcessEnv): NatsPlace {
  return resolveAccess(settingsOf(givenAccess(cli)), contextChoice(cli), env);
}

/** What the command line itself says about access. */
function givenAccess(cli: CAC): readonly (readonly [SettingName, string | null, string])[] {
  return Object.entries(options).map(([setting, [declared]]) => {
    const flag = /--[a-z-]+(?= |$)/.exec(declared)?.[0] ?? declared;
    const name = flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [setting as SettingName, text(cli, name), flag];
  });
}

function contextChoice(cli: CAC): ContextChoice {
  if (cli.options.context === false) return { kind: 'none' };
  if (typeof cli.options.context !== 'boolean') return { kind: 'named', name: text(cli, 'context') ?? '' };
  if (!ownArgs(cli).includes('--context')) return { kind: 'selected' };
  throw new UsageError(
    'Option --context needs a value.',
    'nats context ls prints the names, and so does a wrong one here.',
  );
}
