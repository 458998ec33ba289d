import { randomUUID } from 'node:crypto';
import type { Entropy } from '../../ports/clock.js';

/** Chance as the operating system gives it: random UUIDs, which are also valid in file names and in subjects. */
export const nodeEntropy: Entropy = { id: () => randomUUID() };
