import type { ResourceLimits } from 'node:worker_threads';
import { holdLevelAddon } from '../../storage/level/level-engine.js';
import { builtModule } from './built-module.js';
import type { BundleStore } from './bundle-store.js';
import type { LinksConfig, StateConfig, StoreConfig } from './slot-configuration.js';
import { Switchboard } from './switchboard.js';

export interface SlotThreadsOptions {
  /** URL of the module that exports `engineModules`; when that is a source, its built file is taken. */
  readonly engine: string;
  readonly bundles: BundleStore;
  readonly store: StoreConfig;
  readonly state: StateConfig;
  readonly links: LinksConfig;
  /** Of the heap of each slot. A slot that outgrows it fails, and with it nothing else. */
  readonly limits?: ResourceLimits;
}

/** What the threads of all slots of one process of the operating system are started with, of however many task managers. */
export interface SlotThreads {
  readonly worker: URL;
  readonly engine: URL;
  readonly bundles: BundleStore;
  readonly store: StoreConfig;
  readonly state: StateConfig;
  readonly links: LinksConfig;
  readonly limits: ResourceLimits;
  readonly switchboard: Switchboard;
}

/** Room for what a record leaves behind: in a young space that fills up too soon it is copied before it is garbage. */
const defaultLimits: ResourceLimits = { maxYoungGenerationSizeMb: 64 };

/** Throws an EngineError, BUILD_MISSING, when this process runs from sources that have not been built. */
export function slotThreads({ engine, bundles, store, state, links, limits = {} }: SlotThreadsOptions): SlotThreads {
  // A slot may load it, and ends at any moment.
  holdLevelAddon();
  return {
    worker: builtModule(new URL('./slot-worker.js', import.meta.url).href),
    engine: builtModule(engine),
    bundles,
    store,
    state,
    links,
    limits: { ...defaultLimits, ...limits },
    switchboard: new Switchboard(),
  };
}
