/** Savepoints and checkpoints as they lie in a store: to list, load, check and copy them, without a cluster. */
export { beginWith } from './begin-with.js';
export { copySavepoint } from './copy-savepoint.js';
export type { WantedCheckpoint } from './find-checkpoint.js';
export { isJobPath, jobAt, loadCheckpoint } from './job-checkpoint.js';
export { damagedFiles, type JobCheckpoints, jobCheckpoints, orphanedFiles } from './job-checkpoints.js';
export { keepCheckpoint } from './keep-checkpoint.js';
export { bringSavepoint, type OriginPlace, originPlace } from './origin-place.js';
export { isSavepointPath, type LocatedSavepoint, savepointAt } from './savepoint-folder.js';
export { isOfJob, listSavepoints, loadSavepoint, readSavepointBlob, verifySavepoint } from './savepoint-store.js';
export { put } from './store-calls.js';
