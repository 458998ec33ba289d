import { Packr, pack, unpack } from 'msgpackr';

/** Records that msgpackr writes and reads again in a second, in one thread. */
export interface MsgpackrSpeed {
  /** With `pack` and `unpack`, as everybody calls them. */
  readonly plain: number;
  /** With structures that writer and reader share: they know the names of fields beforehand, so no message can be read by itself. */
  readonly structures: number;
  /** What a million records take of processor time with `pack` and `unpack`: unlike a speed, hardly changed by what else runs. */
  readonly plainCpuMsPerMillion: number;
}

const batchRecords = 256;
const warmUpMs = 500;
const windowMs = 1_000;

export function msgpackrSpeed(records: readonly unknown[]): MsgpackrSpeed {
  const shared = new Packr({ structures: [] });
  const plain = speed(records, (batch) => unpack(pack(batch)));
  const structures = speed(records, (batch) => shared.unpack(shared.pack(batch)));
  return {
    plain: plain.perSecond,
    structures: structures.perSecond,
    plainCpuMsPerMillion: plain.cpuMsPerMillion,
  };
}

interface Speed {
  readonly perSecond: number;
  readonly cpuMsPerMillion: number;
}

function speed(records: readonly unknown[], roundTrip: (batch: readonly unknown[]) => unknown): Speed {
  const batches: (readonly unknown[])[] = [];
  for (let at = 0; at < records.length; at += batchRecords) batches.push(records.slice(at, at + batchRecords));
  const run = (forMs: number): Speed => {
    let done = 0;
    const before = process.cpuUsage();
    const beganMs = performance.now();
    let elapsedMs = 0;
    while (elapsedMs < forMs) {
      for (const batch of batches) roundTrip(batch);
      done += records.length;
      elapsedMs = performance.now() - beganMs;
    }
    const { user, system } = process.cpuUsage(before);
    return {
      perSecond: Math.round((done * 1_000) / elapsedMs),
      cpuMsPerMillion: Math.round(((user + system) * 1_000) / done),
    };
  };
  run(warmUpMs);
  return run(windowMs);
}
