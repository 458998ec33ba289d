import { CanonicalMap } from './canonical-map.js';

/** All states of one key, by the index of the state. A slot that is undefined is empty. */
export class Entry {
  readonly slots: unknown[] = [];
  filled = 0;

  constructor(slots: number) {
    for (let slot = 0; slot < slots; slot++) this.slots.push(undefined);
  }
}

/** All keys of one key group: a Map each, so that none outgrows what one Map holds or stalls the task in one rehash. */
export class KeyGroup {
  readonly keyGroup: number;
  /** The watermark it was restored with: what it had purged by then must not come back. */
  readonly watermarkFloor: number;
  readonly entries = new CanonicalMap<unknown, Entry>();
  /** The interval between snapshots in which anything in it changed last. */
  changedIn = 0;

  constructor(keyGroup: number, watermarkFloor: number) {
    this.keyGroup = keyGroup;
    this.watermarkFloor = watermarkFloor;
  }
}
