import type { CAC, Command as Declared } from 'cac';
import { type LogLevel, logLevels } from '../runtime/log/log-line.js';
import { UsageError } from './exit-code.js';
import { oneOf, text } from './options.js';

export type LogFormat = 'text' | 'json';

/** How a process of a cluster is watched over. */
export interface OperationsOptions {
  readonly http: { readonly host: string; readonly port: number };
  readonly log: { readonly format: LogFormat; readonly level: LogLevel };
}

const logFormats: readonly LogFormat[] = ['text', 'json'];
const portMax = 65_535;

export const operationsFlags: readonly string[] = ['--http-port', '--http-host', '--log-format', '--log-level'];

export function withOperations(command: Declared, port: { readonly default: number }): Declared {
  const free = port.default === 0 ? ' (default: any that is free)' : '';
  const free0 = port.default === 0 ? '' : ', 0 for any that is free';
  return command
    .option('--http-port <n>', `Port of /metrics, /health and /ready${free0}${free}`, port.default === 0 ? {} : port)
    .option('--http-host <address>', 'Address that it listens at', { default: '127.0.0.1' })
    .option('--log-format <format>', `How stderr is written: ${logFormats.join(', ')}`, { default: 'text' })
    .option('--log-level <level>', `What is said at least: ${logLevels.join(', ')}`, { default: 'info' });
}

export function operationsOptions(cli: CAC): OperationsOptions {
  return {
    http: { host: text(cli, 'httpHost') ?? '127.0.0.1', port: portOf(cli) },
    log: { format: oneOf<LogFormat>(cli, 'logFormat', logFormats), level: oneOf<LogLevel>(cli, 'logLevel', logLevels) },
  };
}

function portOf(cli: CAC): number {
  const port: unknown = cli.options.httpPort ?? 0;
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= portMax) return port as number;
  throw new UsageError(
    `--http-port is '${String(port)}'.`,
    `Give a number from 1 to ${portMax}, or 0 for any that is free.`,
  );
}
