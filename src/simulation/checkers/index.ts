import type { CheckerFactory } from '../checker.js';
import { oneEffectiveLeader } from './i1-one-effective-leader.js';
import { epochsIncrease } from './i2-epochs-increase.js';
import { oneLiveAttempt } from './i3-one-live-attempt.js';
import { oneAllocationPerSlot } from './i4-one-allocation-per-slot.js';
import { completeCheckpoint } from './i5-complete-checkpoint.js';
import { checkpointsGrow } from './i6-checkpoints-grow.js';
import { eachIdOnce } from './i6-each-id-once.js';
import { restorable } from './i7-restorable.js';
import { nothingNeededIsDeleted } from './i8-nothing-needed-is-deleted.js';
import { consistentCut } from './i9-consistent-cut.js';
import { exactlyOnce } from './i10-exactly-once.js';
import { commitAfterCheckpoint } from './i11-commit-after-checkpoint.js';
import { noOpenTransaction } from './i12-no-open-transaction.js';
import { oneOwnerPerSplit } from './i16-one-owner-per-split.js';
import { terminalOnce } from './i17-terminal-once.js';
import { creditsConserved } from './i18-credits-conserved.js';
import { liveness } from './i19-liveness.js';
import { totalActors } from './i21-total-actors.js';
import { corruptFrameChangesNothing } from './i22-corrupt-frame-changes-nothing.js';
import { stopIsKept } from './i23-stop-is-kept.js';
import { savepointIsWhole } from './i24-savepoint-is-whole.js';
import { rescaleIsKept } from './i25-rescale-is-kept.js';
import { cancelIsKept } from './i26-cancel-is-kept.js';
import { alignmentDrift } from './i27-alignment-drift.js';

export { sameDigest } from './i20-same-digest.js';

/**
 * Every invariant that is watched while a run goes on. A checker is asked in this order, so what is told first is
 * nearest to the cause: the protocol's own rules come before what follows for the data.
 */
export const allCheckers: readonly CheckerFactory[] = [
  totalActors,
  oneEffectiveLeader,
  epochsIncrease,
  checkpointsGrow,
  eachIdOnce,
  oneLiveAttempt,
  oneAllocationPerSlot,
  completeCheckpoint,
  nothingNeededIsDeleted,
  restorable,
  savepointIsWhole,
  oneOwnerPerSplit,
  commitAfterCheckpoint,
  consistentCut,
  exactlyOnce,
  noOpenTransaction,
  terminalOnce,
  creditsConserved,
  corruptFrameChangesNothing,
  stopIsKept,
  rescaleIsKept,
  cancelIsKept,
  alignmentDrift,
  liveness,
];
