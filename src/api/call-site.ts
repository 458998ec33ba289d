import { fileURLToPath } from 'node:url';

const engineFolder = fileURLToPath(new URL('..', import.meta.url));
const framePattern = /\(?((?:file:\/\/)?[^()]+?):(\d+):(\d+)\)?$/;

/**
 * Where the job's code called the engine: `file:line:column`, source-mapped when source maps are on, or an empty string when no
 * frame of the stack is the job's. For messages only; it must never become part of a graph.
 */
export function callSite(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  for (const line of lines) {
    const [, file, row, column] = framePattern.exec(line.replace(/^\s*at (?:.*?\s\()?/, '')) ?? [];
    if (file === undefined || file.startsWith('node:')) continue;
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    if (!path.startsWith(engineFolder)) return `${path}:${row}:${column}`;
  }
  return '';
}
