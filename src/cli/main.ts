#!/usr/bin/env node
import { EngineError } from '../api/engine-error.js';
import { readCommand } from './commands.js';
import { exitCode, UsageError } from './exit-code.js';
import { failureText } from './failure-text.js';
import { hideSecrets } from './process-title.js';
import { Terminal } from './terminal.js';

/** Runs one command line; the value is the exit code. The engine is loaded only by commands that need it. */
async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const command = readCommand(args);
    switch (command.kind) {
      case 'told':
        return exitCode.done;
      case 'info':
        return await (await import('./info-command.js')).infoCommand(command.options, terminal);
      case 'jobInfo':
        return await (await import('./job-info-command.js')).jobInfoCommand(command.options, terminal);
      case 'natsInstall':
        return await (await import('./nats-command.js')).natsInstallCommand(command.options, terminal);
      case 'jobmanager':
        return await (await import('./jobmanager-command.js')).jobManagerCommand(command.options, terminal);
      case 'taskmanager':
        return await (await import('./taskmanager-command.js')).taskManagerCommand(command.options, terminal);
      case 'submit':
        return await (await import('./submit-command.js')).submitCommand(command.options, terminal);
      case 'list':
        return await (await import('./list-command.js')).listCommand(command.options, terminal);
      case 'status':
        return await (await import('./status-command.js')).statusCommand(command.options, terminal);
      case 'logs':
        return await (await import('./logs-command.js')).logsCommand(command.options, terminal);
      case 'cancel':
        return await (await import('./cancel-command.js')).cancelCommand(command.options, terminal);
      case 'application':
        return await (await import('./application-command.js')).applicationCommand(command.options, terminal);
      case 'stop':
        return await (await import('./stop-command.js')).stopCommand(command.options, terminal);
      case 'rescale':
        return await (await import('./rescale-command.js')).rescaleCommand(command.options, terminal);
      case 'savepoint':
        return await (await import('./savepoint-command.js')).savepointCommand(command.options, terminal);
      case 'savepoints':
        return await (await import('./savepoints-command.js')).savepointsCommand(command.options, terminal);
      case 'state':
        return await (await import('./state-command.js')).stateCommand(command.options, terminal);
      case 'diff':
        return await (await import('./diff-command.js')).diffCommand(command.options, terminal);
      case 'checkpoints':
        return await (await import('./checkpoints-command.js')).checkpointsCommand(command.options, terminal);
      case 'inspect':
        return await (await import('./inspect-command.js')).inspectCommand(command.options, terminal);
      case 'run':
        return await (await import('./run-command.js')).runCommand(command.options, terminal);
    }
  } catch (thrown) {
    return explain(thrown, terminal);
  }
}

/** Failures that what was typed, or stands in the environment, is to blame for: nothing has been run. */
const usageCodes: ReadonlySet<string> = new Set([
  'JOB_FILE_MISSING',
  'NATS_CONTEXT_INVALID',
  'NATS_CONTEXT_UNKNOWN',
  'NATS_CONTEXT_UNSUPPORTED',
  'NATS_FILE_UNREADABLE',
  'NATS_OPTIONS_INVALID',
]);

function explain(thrown: unknown, terminal: Terminal): number {
  terminal.status('');
  if (thrown instanceof UsageError) {
    terminal.say(`${terminal.colors.red('error')} ${thrown.message} ${thrown.advice}`);
    return exitCode.usage;
  }
  if (thrown instanceof EngineError) {
    terminal.say(failureText(thrown.failure, terminal.colors));
    return usageCodes.has(thrown.code) ? exitCode.usage : exitCode.failed;
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const message = 'weir itself failed.';
  terminal.say(
    failureText({ code: 'CLI_FAILED', domain: 'internal', retry: 'never', message, stack }, terminal.colors),
  );
  return exitCode.failed;
}

// Whoever reads the output may stop early, as `head` does; that ends the command and is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCode.done : exitCode.failed);
});

hideSecrets(process.argv.slice(2));
const terminal = new Terminal();
const code = await main(process.argv.slice(2), terminal);
terminal.flush();
// What is written to a pipe may still be on its way.
process.stdout.write('', () => process.exit(code));
