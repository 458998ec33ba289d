import { hunt } from './hunt.js';

/** Hunts one mutant in a process of its own and sends the result to its parent. */
const [name, seed, runs] = process.argv.slice(2) as [string, string, string];
const result = await hunt(name, Number(seed), Number(runs));
process.send?.(result);
process.disconnect();
