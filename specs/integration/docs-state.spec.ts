import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { repository, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

const page = readFileSync(join(repository, 'docs/state.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

interface Flight {
  readonly origin: string;
  readonly delay: number;
}

interface Departure {
  readonly origin: string;
  readonly count: number;
  readonly meanDelay: number;
}

/** What a newcomer's folder has: the package, and the flights. */
function furnish(folder: string): void {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules/weirflow'));
  for (const name of ['.bin', 'tsx', 'vega-datasets']) {
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  copyFileSync(join(repository, 'examples/flights.ts'), join(folder, 'flights.ts'));
}

/** The last word of each airport. */
function departures(folder: string): ReadonlyMap<string, Departure> {
  const last = new Map<string, Departure>();
  for (const name of readdirSync(folder).filter((each) => each.startsWith('part-'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const departure = JSON.parse(line) as Departure;
      if (departure.count > (last.get(departure.origin)?.count ?? 0)) last.set(departure.origin, departure);
    }
  }
  return last;
}

/** The job with the state of the page in place of its own, and with one that cannot read what was written. */
async function evolves(
  folder: string,
  evolve: string,
  diff: string,
  typed: (line: string) => readonly string[],
): Promise<void> {
  const job = readFileSync(join(folder, 'flights.ts'), 'utf8');
  const own = job.replace("valueState<Totals>('totals')", 'totals').replace('  valueState,\n', '');
  writeFileSync(join(folder, 'totals.ts'), evolve);
  writeFileSync(join(folder, 'evolved.ts'), `import { totals } from './totals.js';\n${own}`);
  const evolved = await weir(typed(diff.replace('flights.ts', 'evolved.ts')), folder);
  expect(evolved).toMatchObject({ code: 0, stdout: expect.stringContaining('plain data is read as version 2') });
  writeFileSync(join(folder, 'totals.ts'), evolve.replace("{ kind: 'number', default: 0 }", "'number'"));
  const refused = await weir(typed(diff.replace('flights.ts', 'evolved.ts')), folder);
  expect(refused).toMatchObject({
    code: 3,
    stdout: expect.stringContaining("field 'worst' of version 2 is not in version 0"),
  });
  const from = ['run', 'evolved.ts', '--from', 'store/default/savepoints/flights-2', '--', '--output', 'never'];
  expect(await weir(from, folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('STATE_UNREADABLE') });
  expect(existsSync(join(folder, 'never'))).toBe(false);
}

describe('docs/state.md', () => {
  it('its commands and its code do what it says', async () => {
    const stage = await ClusterStage.start('folder');
    furnish(stage.folder);
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1', '--slots', '2')]);
    const [submit, stop, list, look, run, diff, goOn] = blocks('sh').map((text) => text.trim());
    const [correct, evolve, create] = blocks('ts');
    const typed = (line = ''): readonly string[] =>
      [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '').slice(1);
    const node = async (name: string, text: string, command: string): Promise<string> => {
      writeFileSync(join(stage.folder, name), text);
      const [program = '', ...args] = command.split(' ');
      return (await promisify(execFile)(program, args, { cwd: stage.folder })).stdout;
    };

    expect(await stage.weir(...typed(submit))).toMatchObject({ code: 0 });
    await stage.committedParts(2, join(stage.folder, 'out'));
    expect(await stage.weir(...typed(stop))).toMatchObject({ code: 0 });

    const listed = await weir(typed(list), stage.folder);
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^savepoint flights-1 of job flights, /) });
    expect(listed.stdout).toMatch(/^OPERATOR +STATE +KIND +WRITTEN BY +KEYS +BYTES +LARGEST$/m);
    expect(listed.stdout).toMatch(/^mean-delay +totals +value +- +\d+ +[\d,]+ +"/m);
    expect(listed.stdout).toMatch(/^flights +- +of subtasks +- +- +\d+$/m);
    expect((await weir(typed(look), stage.folder)).stdout).toMatch(/^"ATL" {2}\{"count":\d+,"delay":-?\d+\}\n$/);

    const [airport = ''] = (await node('correct.ts', correct ?? '', run ?? '')).split(' ');
    const diffed = await weir(typed(diff), stage.folder);
    expect(diffed).toMatchObject({ code: 0, stdout: expect.stringContaining("    = value state 'totals': fits\n") });
    expect(diffed.stdout).toContain('The job can begin with savepoint flights-2.\n');
    await evolves(stage.folder, evolve ?? '', diff ?? '', typed);
    expect(await stage.weir(...typed(goOn))).toMatchObject({ code: 0 });
    await leader.until('stderr', /job flights-corrected finished/);

    const flights = JSON.parse(
      readFileSync(join(repository, 'node_modules/vega-datasets/data/flights-20k.json'), 'utf8'),
    ) as Flight[];
    const last = departures(join(stage.folder, 'out'));
    for (const [origin, { count, meanDelay }] of last) {
      const own = flights.filter((flight) => flight.origin === origin);
      const sum = own.reduce((all, { delay }) => all + delay, 0) - (origin === airport ? 600 : 0);
      expect([origin, count, Math.round(meanDelay * count)]).toEqual([origin, own.length, sum]);
    }
    expect(last.has(airport)).toBe(true);

    await node('create.ts', create ?? '', 'npx tsx create.ts');
    const created = [
      'state',
      'imported/savepoints/flights-0',
      '--operator',
      'mean-delay',
      '--state',
      'totals',
      '--json',
    ];
    expect((await weir(created, stage.folder)).stdout).toBe(
      '{"key":"ATL","value":{"count":1000000,"delay":9000000}}\n',
    );
    const fromCreated = [
      'run',
      'flights.ts',
      '--from',
      'imported/savepoints/flights-0',
      '--',
      '--output',
      'imported-out',
    ];
    expect(await weir(fromCreated, stage.folder)).toMatchObject({ code: 0 });
    const all = flights.filter(({ origin }) => origin === 'ATL').length;
    expect(departures(join(stage.folder, 'imported-out')).get('ATL')?.count).toBe(1_000_000 + all);
  });
});
