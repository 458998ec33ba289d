import type { KeyValueEngine } from '../ports/key-value-engine.js';
import { MemoryKeyValueEngine } from '../storage/memory/memory-key-value-engine.js';
import type { SimProcess } from './sim-process.js';

const answerMs = 0.5;
const answerMsMax = 50;

/** Stores of one life of a process, in memory and on virtual time: each answer comes after a while that the schedule decides, in the order of the calls. */
export function simulatedStores(process: SimProcess): KeyValueEngine {
  const { world } = process;
  let lastMs = 0;
  return new MemoryKeyValueEngine((run) => {
    process.enter();
    const rate = world.rates.messageDelayed > 0 ? 0.1 : 0;
    const late = world.choices.next(`keyValue:${process.name}@${process.life}`, rate, answerMsMax);
    lastMs = Math.max(lastMs, world.nowMs + answerMs + late);
    process.later(lastMs - world.nowMs, run);
  });
}
