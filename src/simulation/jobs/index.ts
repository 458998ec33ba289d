export { jobOf, outputFolder, sinkUid, sourceUid, stageUid } from './generated-job.js';
export {
  generateJob,
  type JobSize,
  type JobSpec,
  type KeyedStageSpec,
  type StageSpec,
  specOf,
} from './job-spec.js';
export {
  type Expected,
  type KeyTotals,
  type Prefix,
  Reference,
  settledOf,
  type UnderWay,
  wholeInput,
} from './reference.js';
export { type Fold, isFarewell, type SimRecord } from './sim-record.js';
