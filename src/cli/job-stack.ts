import { readFileSync } from 'node:fs';
import { type Frame, frameOf, isJobFrame, shortPath } from '../api/call-site.js';

const framesMax = 8;
const linesAround = 2;

/**
 * The part of a stack that is in the job's own code, with the lines around its first frame as they stand in the file; an empty string
 * when no frame is the job's.
 */
export function jobStackText(stack: string): string {
  const frames = stack
    .split('\n')
    .map(frameOf)
    .filter((frame): frame is Frame => frame !== null);
  const own = frames.filter(isJobFrame).slice(0, framesMax);
  const [first] = own;
  if (first === undefined) return '';
  return [...own.map(frameText), ...excerpt(first)].join('\n');
}

function frameText({ name, path, line, column }: Frame): string {
  const place = `${shortPath(path)}:${line}:${column}`;
  return name === '' ? `  at ${place}` : `  at ${name} (${place})`;
}

function excerpt({ path, line, column }: Frame): string[] {
  const lines = linesOf(path);
  if (lines[line - 1] === undefined) return [];
  const from = Math.max(0, line - 1 - linesAround);
  const to = Math.min(lines.length, line + linesAround);
  const width = String(to).length;
  const shown = lines.slice(from, to).flatMap((text, index) => {
    const number = from + index + 1;
    const row = `  ${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`.trimEnd();
    return number === line ? [row, `    ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`] : [row];
  });
  return ['', ...shown];
}

/** A file that cannot be read, as one of another machine, has no lines to show. */
function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
