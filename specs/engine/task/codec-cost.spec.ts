import { pack, unpack } from 'msgpackr';
import { expect, it } from 'vitest';
import { noTimestamp } from '../../../src/operators/operator.js';
import { ColumnCodec } from '../../../src/task/frame/column-codec.js';
import { headerBytes } from '../../../src/task/frame/frame-header.js';

const records = 850;
const batches = 40;
const rounds = 8;

it('frame: records of one shape cost no more than twice what msgpackr takes for them', () => {
  // Less than half of it is usual. Processor time is compared, because a speed depends on what else the machine does.
  const flights = Array.from({ length: records * batches }, (_, index) => ({
    date: `2001/01/${String(1 + (index % 28)).padStart(2, '0')} ${String(index % 24).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}`,
    delay: (index * 37) % 200,
    distance: (index * 7_919) % 3_000,
    origin: airportOf(index),
    destination: airportOf(index * 31),
  }));
  const parts = Array.from({ length: batches }, (_, batch) => flights.slice(batch * records, (batch + 1) * records));
  const timestamps = new Array<number>(records).fill(noTimestamp);
  const codec = new ColumnCodec();
  const frames = (part: readonly unknown[]): unknown =>
    codec.decode(codec.encode(part, timestamps, 0, records).subarray(headerBytes));
  const bare = (part: readonly unknown[]): unknown => unpack(pack(part));
  // In turns, so that both meet the same machine; the best of each, when it is compiled.
  const costs = Array.from({ length: rounds }, () => ({ frames: cpuMsOf(parts, frames), bare: cpuMsOf(parts, bare) }));
  const best = (of: 'frames' | 'bare'): number => Math.min(...costs.map((cost) => cost[of]));
  expect(best('frames')).toBeLessThan(2 * best('bare'));
});

const airportOf = (index: number): string =>
  String.fromCharCode(65 + (index % 11), 65 + (index % 13), 65 + (index % 2));

function cpuMsOf<T>(parts: readonly T[], work: (part: T) => unknown): number {
  const before = process.cpuUsage();
  for (const part of parts) work(part);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
