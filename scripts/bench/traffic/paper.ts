/** What decides how much a cluster says to run one job. */
export interface Shape {
  readonly taskManagers: number;
  readonly subtasks: number;
  /** Those that are triggered, because no barrier comes to them from upstream. */
  readonly sources: number;
  /** That the job uses. */
  readonly slots: number;
  readonly heartbeatIntervalMs: number;
}

/**
 * Control messages of a checkpoint by topic, as docs/traffic.md derives them: every source is asked for its barrier and answers when it is in
 * the stream; every subtask reports its part until that is noted; every subtask is asked to commit and answers.
 */
export const messagesOfCheckpoint = ({ subtasks, sources }: Shape): Readonly<Record<string, number>> => ({
  'ask.subtask.triggerCheckpoint': sources,
  'answer.subtask.barrierInjected': sources,
  'ask.subtask.snapshotted': subtasks,
  'answer.checkpointCoordinator.noted': subtasks,
  'ask.subtask.completeCheckpoint': subtasks,
  'answer.subtask.committed': subtasks,
});

/** Control messages from the grant of slots until every subtask runs and every source has its splits. */
export const messagesOfDeployment = ({ subtasks, sources, slots }: Shape): Readonly<Record<string, number>> => ({
  'ask.slot.open': slots,
  'answer.slot.opened': slots,
  'ask.subtask.restore': subtasks,
  'answer.subtask.restored': subtasks,
  'ask.subtask.rewind': subtasks,
  'answer.subtask.rewound': subtasks,
  'ask.subtask.start': subtasks,
  'answer.subtask.started': subtasks,
  'ask.subtask.splitsRequested': sources,
  'answer.sourceCoordinator.noted': sources,
  'ask.subtask.assignSplits': sources,
  'answer.subtask.splitsAdded': sources,
});

/** Control messages of so many milliseconds in which nothing happens: a question and an answer for each heartbeat of each task manager. */
export function messagesAtRest(
  { taskManagers, heartbeatIntervalMs }: Shape,
  spanMs: number,
): Readonly<Record<string, number>> {
  const heartbeats = (taskManagers * spanMs) / heartbeatIntervalMs;
  return { 'ask.taskManager.heartbeat': heartbeats, 'answer.taskManager.reported': heartbeats };
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
