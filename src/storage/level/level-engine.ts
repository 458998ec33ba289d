import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { Entropy } from '../../ports/clock.js';
import type { KeyValueEngine, KeyValueStore, StoreDone } from '../../ports/key-value-engine.js';
import { LevelStore, type OpenLevel, removed } from './level-store.js';

export interface LevelEngineOptions {
  /** Each store is a folder in it, with a name of its own. */
  readonly folder: string;
  readonly entropy: Entropy;
}

/** Stores of LevelDB, which compact themselves in threads of the process. */
export class LevelEngine implements KeyValueEngine {
  constructor(private readonly options: LevelEngineOptions) {}

  open(cacheBytes: number, opened: StoreDone<null>): KeyValueStore {
    const { folder, entropy } = this.options;
    return new LevelStore(openLevel(), { location: join(folder, entropy.id()), cacheBytes }, opened);
  }
}

/** Removes what stores of earlier processes have left in the folder: called before the first store is opened in it. */
export const sweepStores = (folder: string): Promise<void> => removed(folder);

/**
 * Loads the addon of LevelDB. The main thread calls it before the first thread of a slot is started, and holds it as long as it lives: with its last user an addon is
 * unloaded, and a thread that was ended in the middle of a batch took the process with it. Where there is no build of it for this machine, jobs that want it are refused when they begin.
 */
export function holdLevelAddon(): void {
  openLevel();
}

/** Loaded when it is wanted: most processes never do. */
function openLevel(): OpenLevel {
  const load = createRequire(import.meta.url);
  try {
    const { ClassicLevel: Level } = load('classic-level') as { readonly ClassicLevel: typeof ClassicLevel };
    return { kind: 'loaded', create: (location, options) => new Level(location, options) };
  } catch (error) {
    return { kind: 'unavailable', error };
  }
}
