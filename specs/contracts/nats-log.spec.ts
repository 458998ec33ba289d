import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogLine } from '../../src/runtime/log/log-line.js';
import { LogReader, type LogReaderOptions } from '../../src/runtime/log/log-reader.js';
import { LogService } from '../../src/runtime/log/log-service.js';
import { ProcessLog } from '../../src/runtime/log/process-log.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { linkTo, natsServerForFile, natsServerForTest } from './nats-world.js';
import { realUntil } from './until.js';

const world = natsServerForFile();
/** Unless a spec is about it, nobody asks a second time, so that what is left out stays so. */
const renewEveryMs = 3_600_000;

/** A process of cluster `spec` that says lines. */
async function logOf(process: string, url = world.server.url): Promise<ProcessLog> {
  const { link } = await linkTo(url, process);
  const log = new ProcessLog({ level: 'debug', cluster: 'spec', process, write: () => undefined });
  new LogService({ log, link, process, clock: nodeClock, entropy: nodeEntropy });
  await link.connection.flush();
  return log;
}

async function readerOf(
  process: string | null,
  url = world.server.url,
  times: Partial<Pick<LogReaderOptions, 'waitMs' | 'renewEveryMs'>> = {},
): Promise<LogReader> {
  const { link } = await linkTo(url, `reader-${nodeEntropy.id()}`);
  const reader = new LogReader({ link, clock: nodeClock, process, waitMs: 5_000, renewEveryMs, ...times });
  onTestFinished(() => reader.stop());
  return reader;
}

const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ process, msg }) => `${process}: ${msg}`);

describe('log over NATS', () => {
  it('gives the last lines of one process, and of all in the order of their times', async () => {
    const [one, two] = [await logOf('one'), await logOf('two')];
    one.info('first');
    // The next millisecond: times are what the lines are ordered by.
    const since = nodeClock.wallMs();
    await realUntil(() => nodeClock.wallMs() > since);
    two.info('second');
    const tail = await (await readerOf('two')).tail();
    expect(tail.outcome === 'read' && texts(tail.lines)).toEqual(['two: second']);
    const all = await (await readerOf(null)).tail();
    expect(all.outcome === 'read' && texts(all.lines)).toEqual(['one: first', 'two: second']);
  });

  it('nobody of that name is told at once', async () => {
    expect(await (await readerOf('absent')).tail()).toEqual({ outcome: 'nobody' });
  });

  it('one that says nothing is given up by the deadline', async () => {
    const { link } = await linkTo(world.server.url, 'mute');
    link.connection.subscribe('weir.spec.log.mute.ask', { callback: () => undefined });
    await link.connection.flush();
    expect(await (await readerOf('mute', undefined, { waitMs: 50 })).tail()).toEqual({ outcome: 'noAnswer' });
  });

  it('follows: each line once and in order; nothing is published to nobody', async () => {
    const { url } = await natsServerForTest();
    const log = await logOf('tm', url);
    const { link: watcher } = await linkTo(url, 'watcher');
    let published = 0;
    watcher.connection.subscribe('weir.spec.log.tm.lines', {
      callback: () => {
        published += 1;
      },
    });
    await watcher.connection.flush();
    for (let index = 0; index < 5; index += 1) log.info(`before ${index}`);
    const reader = await readerOf('tm', url);
    const tail = await reader.tail();
    expect(published).toBe(0);
    const heard: string[] = tail.outcome === 'read' ? tail.lines.map(({ msg }) => msg) : [];
    log.info('between');
    reader.follow(
      ({ msg }) => heard.push(msg),
      () => heard.push('missed'),
    );
    await realUntil(() => heard.includes('between'));
    for (let index = 0; index < 300; index += 1) log.info(`after ${index}`);
    await realUntil(() => heard.includes('after 299'));
    const numbered = (word: string, count: number) => Array.from({ length: count }, (_, index) => `${word} ${index}`);
    expect(heard).toEqual([...numbered('before', 5), 'between', ...numbered('after', 300)]);
    await realUntil(() => published > 0);
  });

  it('what is too much at once is left out and said to be; the process waits for nobody', async () => {
    const { url } = await natsServerForTest();
    const log = await logOf('tm', url);
    const reader = await readerOf('tm', url);
    await reader.tail();
    const heard: string[] = [];
    let left = 0;
    reader.follow(
      ({ msg }) => heard.push(msg),
      (_process, count) => {
        left += count;
      },
    );
    log.info('sync');
    await realUntil(() => heard.includes('sync'));
    for (let index = 0; index < 50; index += 1) log.info('x'.repeat(8_000));
    await realUntil(() => heard.length > 1);
    log.info('end');
    await realUntil(() => heard.includes('end'));
    expect([heard.length - 2, left]).toEqual([8, 42]);
  });

  it('a process that is started again is heard from its first line on', async () => {
    const { url } = await natsServerForTest();
    await logOf('tm', url);
    const reader = await readerOf('tm', url, { renewEveryMs: 100 });
    await reader.tail();
    const heard: string[] = [];
    reader.follow(
      ({ msg }) => heard.push(msg),
      () => undefined,
    );
    const next = await logOf('tm', url);
    next.info('begins');
    await realUntil(() => heard.includes('begins'));
    expect(heard).toEqual(['begins']);
  });
});
