import {
  anything,
  count,
  fields,
  flag,
  list,
  mapOf,
  number,
  oneOf,
  oneOfKinds,
  optional,
  orNull,
  type Shape,
  text,
} from './shape.js';

// The parts of which messages are made, as actors/protocol declares them.

/** Far above any use; a graph of more would fill the leader's memory with subtasks. */
const parallelismMax = 32_768;

export const checkpoint = fields({ epoch: count(), n: count() });
export const allocation = fields({ job: text, run: count(), epoch: count() });
export const slotAddress = fields({ process: text, incarnation: text, slot: count() });
export const placement = mapOf(slotAddress);
export const versions = fields({ engine: text, wire: count() });

export const slotReport = fields({
  slot: count(),
  allocation: orNull(allocation),
  progress: count(),
  subtasks: list(text),
});

export const failureShape = fields({
  code: text,
  domain: oneOf('user', 'infrastructure', 'internal'),
  retry: oneOf('restart', 'never'),
  message: text,
  stack: text,
});

const operator = fields({
  uid: text,
  name: text,
  kind: oneOf('source', 'transform', 'sink'),
  commits: flag,
  stateful: flag,
});

const vertex = fields({
  id: text,
  name: text,
  parallelism: count(parallelismMax),
  maxParallelism: count(parallelismMax),
  slotSharingGroup: optional(text),
  operators: list(operator),
});

const edge = fields({
  id: text,
  from: text,
  to: text,
  partitioner: oneOf('forward', 'hash', 'rebalance', 'rescale', 'shuffle', 'global', 'broadcast', 'custom'),
  bufferTimeoutMs: optional(orNull(number)),
});

const delay = { delayMs: number };
const restartStrategy = oneOfKinds({
  none: {},
  fixedDelay: { ...delay, attempts: orNull(count()) },
  exponentialDelay: {
    ...delay,
    delayMaxMs: number,
    multiplier: number,
    jitter: number,
    resetAfterMs: number,
    attempts: orNull(count()),
  },
  failureRate: { ...delay, failuresMax: count(), intervalMs: number },
});

const jobOptions = fields({
  checkpointIntervalMs: orNull(number),
  checkpointTimeoutMs: number,
  checkpointMinPauseMs: number,
  tolerableFailedCheckpoints: number,
  checkpointMode: optional(oneOf('exactlyOnce', 'atLeastOnce')),
  retainedCheckpoints: optional(count()),
  externalizedCheckpoints: optional(oneOf('none', 'deleteOnCancellation', 'retainOnCancellation')),
  restart: restartStrategy,
  bufferTimeoutMs: orNull(number),
  allowRollback: flag,
  stateBackend: oneOf('heap', 'disk'),
  slotMemoryBytes: optional(count()),
});

export const jobGraph = fields({ name: text, vertices: list(vertex), edges: list(edge), options: jobOptions });

const origin = fields({ savepoint: text, allowDroppedState: flag, maxParallelism: mapOf(count(parallelismMax)) });

const reactive = fields({ parallelismMax: orNull(count(parallelismMax)), stabilizationMs: number, cooldownMs: number });

export const jobRecord = fields({
  format: count(),
  job: text,
  graph: jobGraph,
  code: text,
  params: list(text),
  from: optional(origin),
  reactive: optional(reactive),
});

export const savepointWish = fields({ name: text, request: text });
export const stopWithSavepoint = fields({ name: text, request: text, drain: flag });
export const rescaleWish = fields({
  request: text,
  targets: list(fields({ vertex: text, parallelism: count(parallelismMax) })),
  all: orNull(count(parallelismMax)),
  wait: flag,
});
export const savepointMark = fields({ name: text, suspends: flag });

const blob = fields({ name: text, bytes: count(), checksum: text });
const range = fields({ blob, offset: count(), bytes: count() });
const serializer = fields({
  state: text,
  kind: text,
  serializer: text,
  version: count(),
  fields: optional(mapOf(text)),
});

const operatorSnapshot = fields({
  uid: text,
  serializers: list(serializer),
  keyGroups: list(fields({ keyGroup: count(), watermark: number, ranges: list(range) })),
  operatorState: orNull(range),
});

export const subtaskSnapshot = fields({
  subtask: text,
  operators: list(operatorSnapshot),
  drained: flag,
  stopped: optional(flag),
});

export const watermarkReport = fields({
  number: count(),
  watermark: orNull(number),
  status: oneOf('active', 'idle', 'ended'),
});

export const restorePlan = fields({
  from: orNull(checkpoint),
  operators: list(operatorSnapshot),
  finished: flag,
  dropsState: optional(flag),
});

export const splits: Shape = list(fields({ id: text, data: anything }));
