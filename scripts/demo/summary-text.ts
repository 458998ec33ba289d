import type { Terminal } from '../../src/cli/terminal.js';
import type { DemoOutcome } from './plan.js';
import type { Spread } from './recovery-log.js';

/** The last line of the demo, for people. */
export function summaryText({ summary, detection, recovery }: DemoOutcome, colors: Terminal['colors']): string {
  const { records, kills, restarts, checkpoints, rescales, exactlyOnce } = summary;
  const parts = [
    `${records.toLocaleString('en-US')} flights`,
    counted(kills, 'kill'),
    counted(restarts, 'restart'),
    ...(detection === null ? [] : [`noticed after ${spreadText(detection, kills)}`]),
    ...(recovery === null ? [] : [`first new record after ${spreadText(recovery, kills)}`]),
    ...rescales.map(({ to, tookMs }) => `rescaled to ${to} in ${tookMs?.toLocaleString('en-US') ?? '?'} ms`),
    counted(checkpoints, 'checkpoint'),
  ];
  return `${parts.join(', ')}: ${exactlyOnce ? colors.green('exactly once') : colors.red('NOT exactly once')}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The median; with several kills the slowest as well. */
function spreadText({ medianMs, slowestMs }: Spread, kills: number): string {
  const median = `${medianMs.toLocaleString('en-US')} ms`;
  return kills < 2 ? median : `${median} (slowest ${slowestMs.toLocaleString('en-US')} ms)`;
}
