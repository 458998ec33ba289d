// The input of both jobs, each record a pure function of its number.

export const accountsMax = 400;
const desksMax = 50;
const sensorsMax = 250;
/** Into how many lanes the source deals the entries. Those of a lane keep their order. */
export const entryLanes = 4;

export interface Entry {
  readonly id: number;
  readonly account: number;
  readonly desk: number;
  readonly amount: number;
}

export interface Reading {
  readonly id: number;
  readonly sensor: number;
  readonly value: number;
}

const spread = (id: number): number => Math.imul(id + 1, 0x9e3779b1) >>> 7;

export function entryOf(id: number): Entry {
  return { id, account: spread(id) % accountsMax, desk: id % desksMax, amount: ((id * 7_919) % 2_001) - 1_000 };
}

export function readingOf(id: number): Reading {
  return { id, sensor: spread(id) % sensorsMax, value: (id * 31) % 997 };
}
