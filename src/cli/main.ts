#!/usr/bin/env node
import { EngineError } from '../api/engine-error.js';
import { readCommand } from './commands.js';
import { exitCode, UsageError } from './exit-code.js';
import { failureText } from './failure-text.js';
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
      case 'run':
        return await (await import('./run-command.js')).runCommand(command.options, terminal);
    }
  } catch (thrown) {
    return explain(thrown, terminal);
  }
}

function explain(thrown: unknown, terminal: Terminal): number {
  terminal.status('');
  if (thrown instanceof UsageError) {
    terminal.say(`${terminal.colors.red('error')} ${thrown.message} ${thrown.advice}`);
    return exitCode.usage;
  }
  if (thrown instanceof EngineError) {
    terminal.say(failureText(thrown.failure, terminal.colors));
    return thrown.code === 'JOB_FILE_MISSING' ? exitCode.usage : exitCode.failed;
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

const terminal = new Terminal();
const code = await main(process.argv.slice(2), terminal);
terminal.flush();
// What is written to a pipe may still be on its way.
process.stdout.write('', () => process.exit(code));
