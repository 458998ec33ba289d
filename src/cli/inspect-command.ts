import { showsActor, showsStep } from '../runtime/inspection/filter.js';
import { type Inspection, inspectCluster } from '../runtime/inspection/inspect-cluster.js';
import type { InspectEvent } from '../runtime/inspection/views.js';
import { exitCode } from './exit-code.js';
import type { InspectCommandOptions } from './inspect-options.js';
import { actorsText, droppedText, stepText } from './inspect-text.js';
import type { Terminal } from './terminal.js';

/** Prints the actors of a cluster to stdout, and then each step they take, until Ctrl+C ends it. */
export async function inspectCommand(options: InspectCommandOptions, terminal: Terminal): Promise<number> {
  const { target, follow, all } = options;
  const inspection = await inspectCluster({
    ...target,
    steps: follow ? (all ? 'all' : 'changes') : 'none',
    say: (line) => terminal.say(line),
  });
  try {
    printActors(inspection, options, terminal);
    if (follow) await printSteps(inspection, options, terminal);
  } finally {
    await inspection.close();
  }
  return exitCode.done;
}

function printActors({ actors }: Inspection, { filter, format }: InspectCommandOptions, terminal: Terminal): void {
  const shown = actors.filter((actor) => showsActor(filter, actor));
  if (format === 'json') for (const actor of shown) terminal.out(JSON.stringify(actor));
  else if (shown.length > 0) terminal.out(actorsText(shown));
  else terminal.say(`None of the ${actors.length} actors that live now is meant by the filter.`);
}

/** The first Ctrl+C or SIGTERM ends the command: there is nothing to be put in order. */
async function printSteps(inspection: Inspection, options: InspectCommandOptions, terminal: Terminal): Promise<void> {
  const end = (): void => void inspection.close();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, end);
  terminal.note('watching; Ctrl+C ends it');
  try {
    for await (const event of inspection) print(event, options, terminal);
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
}

function print(event: InspectEvent, { filter, format }: InspectCommandOptions, terminal: Terminal): void {
  if (event.kind === 'step' && !showsStep(filter, event)) return;
  if (event.kind === 'actor' && !showsActor(filter, event)) return;
  if (format === 'json') terminal.out(JSON.stringify(event));
  else if (event.kind === 'step') terminal.out(stepText(event, terminal.outColors));
  else if (event.kind === 'dropped') terminal.say(droppedText(event));
  else terminal.out(`${event.process} ${event.actor} is ${event.state}`);
}
