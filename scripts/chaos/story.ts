import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

type Tell = (text: string, paint?: (plain: string) => string) => void;

/** Prints what happens with the seconds since the start, and writes it beside the logs of the processes. */
export function storyIn(folder: string, print: (line: string) => void): Tell {
  mkdirSync(folder, { recursive: true });
  const begunMs = performance.now();
  const log = createWriteStream(join(folder, 'chaos.log'));
  return (text, paint = (plain) => plain) => {
    const line = `${((performance.now() - begunMs) / 1_000).toFixed(1).padStart(6)} s  ${text}`;
    log.write(`${new Date().toISOString()} ${line}\n`);
    print(paint(line));
  };
}
