import { Packr, pack, unpack } from 'msgpackr';

/** Records that msgpackr writes and reads again in a second, in one thread. */
export interface MsgpackrSpeed {
  /** With `pack` and `unpack`, as everybody calls them. */
  readonly plain: number;
  /** With structures that writer and reader share: they know the names of fields beforehand, so no message can be read by itself. */
  readonly structures: number;
}

const batchRecords = 256;
const warmUpMs = 500;
const windowMs = 1_000;

export function msgpackrSpeed(records: readonly unknown[]): MsgpackrSpeed {
  const shared = new Packr({ structures: [] });
  return {
    plain: speed(records, (batch) => unpack(pack(batch))),
    structures: speed(records, (batch) => shared.unpack(shared.pack(batch))),
  };
}

function speed(records: readonly unknown[], roundTrip: (batch: readonly unknown[]) => unknown): number {
  const batches: (readonly unknown[])[] = [];
  for (let at = 0; at < records.length; at += batchRecords) batches.push(records.slice(at, at + batchRecords));
  const run = (forMs: number): number => {
    let done = 0;
    const beganMs = performance.now();
    let elapsedMs = 0;
    while (elapsedMs < forMs) {
      for (const batch of batches) roundTrip(batch);
      done += records.length;
      elapsedMs = performance.now() - beganMs;
    }
    return Math.round((done * 1_000) / elapsedMs);
  };
  run(warmUpMs);
  return run(windowMs);
}
