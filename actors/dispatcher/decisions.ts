import type { Context } from './context.js';

export { cancelJob, cancelOn, isCancel } from './canceling.js';
export {
  forgetLookups,
  isListing,
  isLookup,
  listsNothing,
  listUnlessLooking,
  lookOn,
  looksLast,
  lookUp,
  noteListed,
  noteRefusal,
  storeSilenceMs,
} from './lookups.js';
export { describeJob, listJobs, rescaleJob } from './overview.js';
export { noteEnded } from './running.js';
export {
  deleteSavepoint,
  describeSavepoint,
  isSavepointWork,
  listSavepoints,
  savepointJob,
  savepointOn,
  stopWithSavepoint,
} from './savepoints.js';
export { isStop, stopJob, stopOn } from './stopping.js';
export { isSubmission, submit, submitOn } from './submissions.js';

/** What people see the dispatcher wait for. */
export const waitingFor = (
  state: string,
  { listing, lookups, submissions, stops, cancels, savepoints }: Context,
): readonly string[] =>
  state === 'recovering'
    ? [...(listing === null ? [] : ['jobs/']), ...Object.keys(lookups)]
    : [
        ...Object.keys(submissions),
        ...Object.keys(stops),
        ...Object.keys(cancels),
        ...Object.values(savepoints).map(({ request }) => request),
      ];
