// The public names of weirflow/state, one by one.

export { EngineError } from './api/engine-error.js';
export { type ClassForm, classSerializer, type ValueSerializer } from './state/value-serializer.js';
export { createSavepoint, type NewSavepoint, type NewSavepointOptions } from './state-api/create-savepoint.js';
export { jsonText, valueOfJson } from './state-api/json-form.js';
export type { PatchedOperator, PatchedState, PatchOptions, Touch } from './state-api/patched-operator.js';
export type {
  ReadOptions,
  SavedEntry,
  SavedOperator,
  SavedState,
  SavedStateInfo,
  SavedTimer,
} from './state-api/saved-operator.js';
export type { SavedWindow } from './state-api/saved-windows.js';
export { openSavepoint, type Savepoint } from './state-api/savepoint.js';
export type { PatchedSavepoint } from './state-api/savepoint-patch.js';
