import type { StateBackendName } from '../../actors/protocol/job-graph.js';
import type { Clock } from '../ports/clock.js';
import type { KeyValueEngine } from '../ports/key-value-engine.js';
import { createDiskState } from './disk/disk-state.js';
import { createHeapState } from './heap/heap-state.js';
import type { KeyGroupRange } from './key-groups.js';
import type { KeyedStateBackend } from './keyed-state.js';
import { StateFailure } from './state-failure.js';

/** What a backend is made from, whichever it is. */
export interface KeyedStateOptions {
  /** Uid of the operator, for what is reported. */
  readonly operator: string;
  readonly maxParallelism: number;
  /** The key groups of this subtask. */
  readonly range: KeyGroupRange;
  /**
   * Check and freeze every value and key; else the first value of each state is checked, and the rest when a snapshot
   * is taken.
   */
  readonly development: boolean;
  /** The time by which states with a TTL expire; who has none is refused such states. */
  readonly clock?: Pick<Clock, 'wallMs'>;
  /** Gives the tasklet a turn: called when what the backend said `blocked` or `false` to is worth asking again. Never from within a call. */
  wake(): void;
  /** How much memory live state may take before it is written back; for a backend that can. */
  readonly memoryBytes: number;
  /** Where such a backend keeps it. */
  readonly stores: KeyValueEngine;
}

/** Keyed state of one operator of one attempt, empty. Throws STATE_BACKEND_UNKNOWN. */
export function createKeyedState(backend: StateBackendName, options: KeyedStateOptions): KeyedStateBackend {
  switch (backend) {
    case 'heap':
      return createHeapState(options);
    case 'disk':
      return createDiskState(options);
    default:
      return refuseUnknown(backend);
  }
}

function refuseUnknown(backend: never): never {
  throw new StateFailure(
    'STATE_BACKEND_UNKNOWN',
    'user',
    `the job asks for the state backend '${String(backend)}', and this version of Weirflow has 'heap' and 'disk'; ` +
      'name one of these in setStateBackend, or run the job with a version that has it',
  );
}
