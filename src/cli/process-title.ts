const secretOptions = /^--(password|token|user)(=.*)?$/;
const urlOption = /^(-s|--server|--nats)=/;

/**
 * Takes secrets of the command line out of what `ps` and /proc show of this process, as well as it can be done: other users of the
 * machine may have looked in the first moments, so the environment or a context is the better place for them.
 */
export function hideSecrets(args: readonly string[]): void {
  const shown = withoutSecrets(args);
  if (shown.some((arg, index) => arg !== args[index])) process.title = ['weir', ...shown].join(' ');
}

/** The arguments with asterisks for what may be a secret: a user without a password is a token. */
export function withoutSecrets(args: readonly string[]): readonly string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, index) => {
    if (index >= end) return arg;
    const [, option, value] = secretOptions.exec(arg) ?? [];
    if (option !== undefined) return value === undefined ? arg : `--${option}=***`;
    if (index > 0 && /^--(password|token|user)$/.test(args[index - 1] ?? '')) return '***';
    const isUrl = arg.includes('://') || urlOption.test(arg) || (index > 0 && urlOption.test(`${args[index - 1]}=`));
    return isUrl ? withoutLogins(arg) : arg;
  });
}

function withoutLogins(arg: string): string {
  const option = urlOption.exec(arg)?.[0] ?? '';
  const urls = arg.slice(option.length).split(',');
  return option + urls.map((url) => url.replace(/^([a-z]+:\/\/)?.*@/i, '$1***@')).join(',');
}
