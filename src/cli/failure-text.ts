import type { Failure } from '../../actors/protocol/failure.js';
import { jobStackText } from './job-stack.js';
import type { Terminal } from './terminal.js';

/** A failure as a person reads it: what is wrong, where in their code, whose fault it is, and its code to search for. */
export function failureText({ message, stack, code, domain }: Failure, colors: Terminal['colors']): string {
  const where = jobStackText(stack);
  const parts = [`${colors.red('error')} ${message}`];
  if (where !== '') parts.push(where);
  else if (domain === 'internal' && stack !== '') parts.push(stack);
  if (domain === 'internal') parts.push('This is a defect of Weirflow. Please report it with the text above.');
  parts.push(colors.dim(`(${code})`));
  return parts.join('\n\n');
}
