/** Savepoints as they lie in a store: to list, load, check and copy them, without a cluster. */
export { beginWith, type WantedOrigin } from './begin-with.js';
export { isJobPath, loadCheckpoint } from './job-checkpoint.js';
export { isSavepointPath, type LocatedSavepoint, savepointAt } from './savepoint-folder.js';
export {
  copySavepoint,
  listSavepoints,
  loadSavepoint,
  putBlob,
  readSavepointBlob,
  verifySavepoint,
} from './savepoint-store.js';
