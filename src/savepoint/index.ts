/** Savepoints as they lie in a store: to list, load, check and copy them, without a cluster. */
export { beginWith } from './begin-with.js';
export { copySavepoint } from './copy-savepoint.js';
export { keepCheckpoint } from './keep-checkpoint.js';
export { bringSavepoint, type OriginPlace, originPlace } from './origin-place.js';
export { isSavepointPath, type LocatedSavepoint, savepointAt } from './savepoint-folder.js';
export { listSavepoints, loadSavepoint, verifySavepoint } from './savepoint-store.js';
