import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WeirProcess } from './cli-process.js';
import type { ClusterStage } from './cluster-stage.js';

/**
 * 600 numbers, and a trickle that never ends. With `--fail <file>` the number 303 fails once, when the file is not there yet; 7 is in the
 * same one of the four lanes, so that it has been printed before.
 */
const watchedJob = `
import { existsSync, writeFileSync } from 'node:fs';
import { defineJob, fixedDelay } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('watched', (env) => {
  const marker = env.param('fail', '');
  env.setParallelism(2).enableCheckpointing({ intervalMs: 100 });
  env.setRestartStrategy(fixedDelay({ attempts: 1, delayMs: 10 }));
  const numbers = env
    .fromSource(generatorSource({ count: 600, generate: (index) => index, timestamp: (index) => index * 1000 }), { uid: 'numbers' })
    .map((value) => {
      if (value === 7) console.warn('seven of', 600);
      if (value === 303 && marker !== '' && !existsSync(marker)) {
        writeFileSync(marker, '');
        throw new Error('planted failure');
      }
      return value;
    });
  const trickle = env.fromSource(generatorSource({ count: null, generate: () => 1, ratePerSecond: 20 }), { uid: 'trickle' });
  numbers.union(trickle).keyBy((value) => value % 16).reduce((a, b) => a + b).uid('sum').filter(() => false).print();
});`;

export function submitWatched(stage: ClusterStage, ...params: readonly string[]) {
  writeFileSync(join(stage.folder, 'watched.ts'), watchedJob);
  return stage.weir('submit', 'watched.ts', '--', ...params);
}

const urlPattern = /metrics and health at (http:\/\/127\.0\.0\.1:\d+)/;

/** Where a process says that it answers HTTP. */
export async function urlOf(process: WeirProcess): Promise<string> {
  await process.until('stderr', urlPattern);
  return urlPattern.exec(process.stderr)?.[1] as string;
}

/** The values of one process at one moment. */
export class Scrape {
  private constructor(private readonly lines: readonly string[]) {}

  static async of(url: string): Promise<Scrape> {
    const response = await fetch(`${url}/metrics`);
    if (response.status !== 200) throw new Error(`${response.status} of ${url}`);
    return new Scrape((await response.text()).split('\n'));
  }

  /** Of all series of that name with these labels; empty when there is none. */
  values(name: string, labels: Readonly<Record<string, string>> = {}): readonly number[] {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.lines
      .filter((line) => line.startsWith(`${name}{`) && wanted.every((each) => line.includes(each)))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1).replace('+Inf', 'Infinity')));
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.values(name, labels).reduce((total, value) => total + value, 0);
  }
}

/** Reports come once a second; nobody has to ask much more often. */
const lookEveryMs = 100;

/** Looks again until the condition holds; the time limit of the spec guards against one that never does. */
export async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
