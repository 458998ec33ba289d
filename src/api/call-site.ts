import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One line of a stack. */
export interface Frame {
  /** Of the function; an empty string when it has none. */
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Of the package, also when this runs from its dist: source maps of the engine lead to the folder above. */
const packageFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/([/\\])dist[/\\]$/, '$1');
const framePattern = /^\s+at (?:async )?(?:(.*?) \()?((?:file:\/\/)?[^()<>]+):(\d+):(\d+)\)?$/;

/** The place that a line of a stack names, or null when it is no frame or has no file. */
export function frameOf(stackLine: string): Frame | null {
  const [, name, file, line, column] = framePattern.exec(stackLine) ?? [];
  if (file === undefined || file.startsWith('node:')) return null;
  const path = file.startsWith('file://') ? fileURLToPath(file) : file;
  return { name: name ?? '', path, line: Number(line), column: Number(column) };
}

/** False for frames of the engine itself. */
export function isJobFrame({ path }: Frame): boolean {
  const inside = path.startsWith(packageFolder) ? path.slice(packageFolder.length) : '';
  return !/^(dist[/\\])?(src|actors)[/\\]/.test(inside);
}

/**
 * Tells where the job's code called the engine: `file:line:column`, source-mapped when source maps are on, or an empty string when no
 * frame of the stack is the job's. For messages only; it must never become part of a graph. A stack is dear to write out and seldom
 * asked for, so that waits until it is.
 */
export function callSite(): () => string {
  const here = new Error();
  return () => jobFrameOf(here.stack ?? '');
}

function jobFrameOf(stack: string): string {
  for (const line of stack.split('\n')) {
    const frame = frameOf(line);
    if (frame !== null && isJobFrame(frame)) return `${shortPath(frame.path)}:${frame.line}:${frame.column}`;
  }
  return '';
}

/** Relative to the current folder when the file is in it. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
