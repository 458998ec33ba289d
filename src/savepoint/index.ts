/** Savepoints and checkpoints as they lie in a store: to list, load, check and copy them, without a cluster. */
export { beginWith, type WantedOrigin } from './begin-with.js';
export { damagedFiles, type JobCheckpoints, jobCheckpoints, orphanedFiles } from './job-checkpoints.js';
export { isSavepointPath, type LocatedSavepoint, savepointAt } from './savepoint-folder.js';
export { copySavepoint, listSavepoints, loadSavepoint, verifySavepoint } from './savepoint-store.js';
