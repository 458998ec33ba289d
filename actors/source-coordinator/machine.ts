import { defineActor } from '../kernel/actor.js';
import { noteAdded, noteRequest } from './assignment.js';
import type { SourceCoordinatorContext } from './context.js';
import { sourceCoordinatorContext } from './context.js';
import {
  assignmentExpired,
  closeValve,
  discover,
  discoveryFailed,
  discoveryTimedOut,
  endsThisCheckpoint,
  isNewerCheckpoint,
  isOpenAssignment,
  isOurDiscovery,
  isRestored,
  openValve,
  readerAbsent,
  refuseStale,
  reopen,
  reportFailure,
  snapshotWhenSettled,
  stop,
  useDiscovered,
  useRestored,
  waitingFor,
} from './decisions.js';
import { sourceCoordinatorMessages } from './messages.js';

export type { SourceCoordinatorContext } from './context.js';

/** Hands the splits of one source to its readers, and says at a checkpoint which of them nobody has yet. */
export const sourceCoordinatorActor = defineActor({
  role: 'source-coordinator',
  messages: sourceCoordinatorMessages,
  context: sourceCoordinatorContext,
  initial: 'discovering',
  on: { 'sourceCoordinator.stop': { actions: 'stop' } },
  states: {
    // Left at once when the checkpoint knows the splits; otherwise when they are listed, or cannot be, or not in time.
    discovering: {
      entry: 'discover',
      after: {
        restoredOrDeadline: [
          { guard: 'isRestored', target: 'assigning', actions: 'useRestored' },
          { target: 'failed', actions: 'discoveryTimedOut' },
        ],
      },
      on: {
        'source.discovered': { guard: 'isOurDiscovery', target: 'assigning', actions: 'useDiscovered' },
        'source.discoveryFailed': { guard: 'isOurDiscovery', target: 'failed', actions: 'discoveryFailed' },
      },
    },

    // The valve is open. Left when a checkpoint begins, or a reader does not take what it was given.
    assigning: {
      on: {
        'subtask.splitsRequested': { actions: 'noteRequest' },
        'subtask.splitsAdded': { actions: 'noteAdded' },
        'sourceCoordinator.snapshot': [
          { guard: 'isNewerCheckpoint', target: 'snapshotting', actions: 'closeValve' },
          { actions: 'refuseStale' },
        ],
        'ask.expired': { guard: 'isOpenAssignment', target: 'failed', actions: 'assignmentExpired' },
        'ask.absent': { guard: 'isOpenAssignment', target: 'failed', actions: 'readerAbsent' },
      },
    },

    // The valve is closed, and opens again reader by reader. Left when the checkpoint-coordinator, which has a deadline,
    // says that no reader still has to inject the barrier; or when a reader does not take what it was given.
    snapshotting: {
      on: {
        'subtask.splitsRequested': { actions: 'noteRequest' },
        'subtask.splitsAdded': { actions: ['noteAdded', 'snapshotWhenSettled'] },
        'sourceCoordinator.snapshot': [
          { guard: 'isNewerCheckpoint', actions: 'closeValve' },
          { actions: 'refuseStale' },
        ],
        'sourceCoordinator.reopen': { actions: 'reopen' },
        'sourceCoordinator.reopenAll': [
          { guard: 'endsThisCheckpoint', target: 'assigning', actions: 'openValve' },
          { actions: 'refuseStale' },
        ],
        'ask.expired': { guard: 'isOpenAssignment', target: 'failed', actions: 'assignmentExpired' },
        'ask.absent': { guard: 'isOpenAssignment', target: 'failed', actions: 'readerAbsent' },
      },
    },

    failed: { type: 'final', entry: 'reportFailure' },
  },
  actions: {
    discover,
    useDiscovered,
    useRestored,
    noteRequest,
    noteAdded,
    closeValve,
    snapshotWhenSettled,
    reopen,
    openValve,
    refuseStale,
    stop,
    discoveryTimedOut,
    discoveryFailed,
    assignmentExpired,
    readerAbsent,
    reportFailure,
  },
  guards: { isRestored, isOurDiscovery, isNewerCheckpoint, endsThisCheckpoint, isOpenAssignment },
  delays: {
    restoredOrDeadline: ({ restored, deadlineMs }: SourceCoordinatorContext) => (restored === null ? deadlineMs : 0),
  },
  ignored: {
    '*': {
      'source.discovered': 'The splits are known already, from this discovery or from the checkpoint.',
      'source.discoveryFailed': 'The splits are known already, from this discovery or from the checkpoint.',
      'ask.unreachable': 'The asking goes on; whether the process is lost is found out by its heartbeat.',
      'ask.expired': 'The reader answered while this was on its way.',
      'ask.absent': 'The reader answered while this was on its way.',
    },
    assigning: {
      'sourceCoordinator.reopen': 'The valve is open.',
      'sourceCoordinator.reopenAll': 'The valve is open.',
    },
  },
  refusals: {
    tooEarly: 'The splits, or the snapshot, are not there yet.',
    staleRun: 'It speaks of another run of the job.',
    staleCheckpoint: 'It speaks of a checkpoint for which the valve is not closed.',
    staleAssignment: 'It answers an assignment that has been answered.',
  },
  refused: {
    discovering: {
      'subtask.splitsRequested': 'tooEarly',
      'subtask.splitsAdded': 'staleRun',
      'sourceCoordinator.snapshot': 'tooEarly',
      'sourceCoordinator.reopen': 'staleRun',
      'sourceCoordinator.reopenAll': 'staleRun',
    },
  },
  waitingFor,
});
