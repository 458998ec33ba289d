import { readFile } from 'node:fs/promises';

/** What a process has taken so far. */
export interface ProcessUsage {
  readonly userMs: number;
  readonly systemMs: number;
  readonly rssBytes: number;
}

const pageBytes = 4_096;
const msPerTick = 10;
/** Positions among the fields behind the name of the program, see proc(5). */
const userField = 11;
const systemField = 12;
const rssField = 21;

/** From Linux's /proc; null where there is none, and of a process that has ended. */
export async function usageOf(pid: number): Promise<ProcessUsage | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field]);
  return {
    userMs: at(userField) * msPerTick,
    systemMs: at(systemField) * msPerTick,
    rssBytes: at(rssField) * pageBytes,
  };
}
