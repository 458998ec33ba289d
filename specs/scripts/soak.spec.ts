import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { SoakOptions } from '../../scripts/soak/options.js';
import { soakOptions } from '../../scripts/soak/options.js';
import { Seeds } from '../../scripts/soak/seeds.js';
import { Soak, type SoakEnd } from '../../scripts/soak/soak.js';

const counts = { events: 1, virtualMs: 1, crashes: 0, restarts: 0, checkpoints: 0, stopped: 0, rescaled: 0, saved: 0 };
const all = { ...counts, canceled: 0, operated: 0, resumed: 0, restored: 0, crashedDuringRecovery: 0 };

/** A worker that runs nothing: each seed's result is `body`'s, which may end the thread. */
const workerThat = (body: string) => (): Worker =>
  new Worker(
    `const { parentPort } = require('node:worker_threads');
    const findings = (seed) => { ${body}; return []; };
    const finding = (seed) => [{ seed, resumed: false, invariant: 'I0', message: 'wrong', deviations: 0, replay: 'again ' + seed }];
    parentPort.on('message', ({ first, end }) => {
      for (let seed = first; seed < end; seed += 1) {
        const result = { seed, counts: ${JSON.stringify(all)}, transitions: ['role:a>b'], pairs: ['p' + seed], findings: findings(seed) };
        parentPort.postMessage({ kind: 'done', result });
      }
      parentPort.postMessage({ kind: 'free' });
    });
    parentPort.postMessage({ kind: 'free' });`,
    { eval: true },
  );

const options: SoakOptions = { runs: 100, seed: 10, size: 'any', checkers: true, keepGoing: false, workers: 3 };

async function soaked(how: Partial<SoakOptions>, body: string): Promise<{ end: SoakEnd; said: readonly string[] }> {
  const said: string[] = [];
  const end = await new Soak({ ...options, ...how }, workerThat(body), (line) => said.push(line)).over();
  return { end, said };
}

describe('soak: seeds among workers', () => {
  it('soak: every seed is run once, and what they give is added up', async () => {
    const { end, said } = await soaked({}, '');
    expect(end.sums.summary([], 3, 1)).toMatchObject({ runs: 100, eventsPerSecond: 100, pairs: '100 of 0' });
    expect(end).toMatchObject({ died: 0, interrupted: false });
    expect(said).toEqual([]);
  });

  it('soak: two seeds find something, any number of workers: the first is told and nothing after it counts', async () => {
    for (const workers of [1, 2, 5]) {
      const { end, said } = await soaked({ workers }, 'if (seed === 41 || seed === 60) return finding(seed)');
      expect(said).toEqual(['seed 41: wrong\n  again 41']);
      expect(end.sums.runs).toBe(32);
    }
  });

  it('soak: told to keep going, all findings come in the order of their seeds', async () => {
    const { end, said } = await soaked({ keepGoing: true }, 'if (seed % 30 === 0) return finding(seed)');
    expect(said).toEqual([30, 60, 90].map((seed) => `seed ${seed}: wrong\n  again ${seed}`));
    expect(end.sums.runs).toBe(100);
  });

  it('soak: a worker throws, or exits: its error and the seeds that it had are named', async () => {
    const threw = await soaked({ workers: 2 }, "if (seed === 29) throw new Error('out of luck')");
    expect(threw.end.died).toBe(1);
    expect(threw.said.join('\n')).toMatch(/a worker died at seed 29 \(30 to 33 were not begun\): Error: out of luck/);
    const left = await soaked({ workers: 2 }, 'if (seed === 33) process.exit(7)');
    expect(left.end.died).toBe(1);
    expect(left.said).toEqual(['a worker died at seed 33: it ended with exit code 7']);
  });

  it('soak: an interrupted one is over at once, with what is done', async () => {
    const soak = new Soak({ ...options, workers: 2 }, workerThat('for (;;);'), () => undefined);
    soak.interrupt();
    const end = await soak.over();
    expect(end).toMatchObject({ interrupted: true, died: 0 });
    expect(end.sums.summary([], 2, 1).runs).toBe(0);
  });

  it('soak: a result comes before that of the seed before it: it waits', () => {
    const seeds = new Seeds(1, 20);
    expect([seeds.next(), seeds.next(), seeds.next(), seeds.next()]).toEqual([
      { first: 1, end: 9 },
      { first: 9, end: 17 },
      { first: 17, end: 20 },
      null,
    ]);
    const result = (seed: number) => ({ seed, counts: all, transitions: [], pairs: [], findings: [] });
    expect(seeds.back(result(2))).toEqual([]);
    expect(seeds.back(result(1)).map(({ seed }) => seed)).toEqual([1, 2]);
    seeds.back(result(9));
    expect(seeds.rest().map(({ seed }) => seed)).toEqual([9]);
  });

  it('soak: an option that is no whole number is refused by name', () => {
    expect(() => soakOptions({ runs: 'many', seed: 1, workers: 2 })).toThrow('--runs many is not a whole number');
    expect(() => soakOptions({ runs: 1, seed: 1, workers: 0 })).toThrow('--workers 0');
  });
});
