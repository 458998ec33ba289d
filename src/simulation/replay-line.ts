import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Deviations } from './choices.js';
import type { JobSize } from './jobs/index.js';

/** The one line that runs a failing schedule again. */
export function replayLine(seed: number, deviations: Deviations, size: JobSize = 'any'): string {
  const sized = size === 'small' ? ' --small' : '';
  return `npm run replay -- --seed ${seed}${sized} --deviations ${packDeviations(deviations)}`;
}

/** Deviations as one word for a command line. */
export function packDeviations(deviations: Deviations): string {
  return deflateRawSync(JSON.stringify(deviations)).toString('base64url');
}

export function unpackDeviations(word: string): Deviations {
  return JSON.parse(inflateRawSync(Buffer.from(word, 'base64url')).toString()) as Deviations;
}
