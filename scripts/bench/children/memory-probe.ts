// Loaded by every thread of every measured process before anything else; writes what it takes of memory into one file.

import { appendFileSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';

/** What one thread measures of itself, as a line of JSON. */
export interface MemoryLine {
  readonly atMs: number;
  readonly pid: number;
  readonly thread: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
}

const everyMs = 1_000;
const path = process.env.BENCH_MEMORY_FILE;

if (path !== undefined) {
  const timer = setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    const line: MemoryLine = {
      atMs: Date.now(),
      pid: process.pid,
      thread: isMainThread ? 0 : threadId,
      heapBytes: heapUsed,
      externalBytes: external,
    };
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  }, everyMs);
  timer.unref();
}
