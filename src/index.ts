// The public names of Weirflow, one by one. First: writing a job.

export {
  type AsyncCode,
  type AsyncOptions,
  exponentialRetry,
  fixedDelayRetry,
  type RetryConditions,
} from './api/async-options.js';
export { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from './api/broadcast-stream.js';
export { ConnectedKeyedStreams, ConnectedStreams } from './api/connected-streams.js';
export { DataStream, SingleOutputStream } from './api/data-stream.js';
export { EngineError } from './api/engine-error.js';
export { IntervalJoin, IntervalJoined } from './api/interval-join.js';
export { type BuiltJob, buildJob, defineJob, type JobDefinition } from './api/job-definition.js';
export type { SupportedKey } from './api/key.js';
export { KeyedStream } from './api/keyed-stream.js';
export { outputTag } from './api/output-tag.js';
export {
  type ExponentialDelayOptions,
  exponentialDelay,
  failureRate,
  fixedDelay,
  noRestart,
} from './api/restart-strategy.js';
export { type CheckpointingOptions, type SourceNames, StreamEnvironment } from './api/stream-environment.js';
export { StreamSink } from './api/stream-sink.js';

// Windows.

export { countEvictor, deltaEvictor, timeEvictor } from './api/evictors.js';
export {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  type DeltaOptions,
  deltaTrigger,
  endOfStreamTrigger,
  eventTimeTrigger,
  neverTrigger,
  processingTimeoutTrigger,
  processingTimeTrigger,
  purgingTrigger,
  type TimeoutOptions,
} from './api/triggers.js';
export { type CoGroupFunction, JoinedWindows, type JoinFunction, WindowJoin } from './api/window-join.js';
export { WindowedStream } from './api/windowed-stream.js';
export {
  globalWindows,
  type SessionOptions,
  type SlidingOptions,
  sessionEventTimeWindows,
  sessionProcessingTimeWindows,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  type TumblingOptions,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from './api/windows.js';

// Functions of the job's own, and their state.

export { type TimestampAssigner, WatermarkStrategy } from './api/watermark-strategy.js';
export type { AsyncCallContext, AsyncFunction, AsyncRetry } from './operators/async-function.js';
export type {
  BroadcastContext,
  BroadcastProcessFunction,
  ReadOnlyBroadcastContext,
} from './operators/broadcast-process.js';
export type { ReadOnlyMapState } from './operators/broadcast-state.js';
export type { CoProcessFunction } from './operators/co-process.js';
export type { DeadLetter, ErrorPolicy } from './operators/error-policy.js';
export type { Instance, ProcessContext } from './operators/function-operator.js';
export type { JoinContext, ProcessJoinFunction } from './operators/interval-join.js';
export type {
  KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  OnBroadcastTimerContext,
} from './operators/keyed-broadcast-process.js';
export type { KeyedCoProcessFunction } from './operators/keyed-co-process.js';
export type { StateAccess } from './operators/keyed-input.js';
export type {
  KeyedInstance,
  KeyedProcessContext,
  KeyedProcessFunction,
  OnTimerContext,
  Timers,
} from './operators/keyed-process.js';
export type { Counter, Histogram, Meter, Metrics } from './operators/metrics.js';
export type { OperatorStateAccess, WithOperatorState } from './operators/operator-lists.js';
export type { OutputTag } from './operators/output-tag.js';
export type { ProcessFunction } from './operators/process.js';
export type { Reducer, RichReducer } from './operators/reduce.js';
export type { FilterFunction, FlatMapFunction, Life, MapFunction } from './operators/rich-functions.js';
export type { ProcessWindowFunction, WindowContext } from './operators/window-functions.js';
export type { AggregateFunction, ReduceFunction } from './state/aggregates.js';
export {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateOptions,
  valueState,
} from './state/descriptors.js';
export type {
  AggregatingState,
  AggregatingStateDescriptor,
  AppendingState,
  DeepReadonly,
  ListState,
  MapState,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
} from './state/keyed-state.js';
export { type FieldKind, type ObjectForm, objectSerializer } from './state/object-serializer.js';
export type { StateTtl, StateTtlCleanup } from './state/ttl.js';
export { type ClassForm, classSerializer, type ValueSerializer } from './state/value-serializer.js';
export type { WatermarkGenerator, WatermarkOutput } from './time/watermark-generator.js';
export type { WindowAssigner, WindowTime } from './window/assigner.js';
export type { Evictor, EvictorContext, WindowElement } from './window/evictor.js';
export type { EvictionTime } from './window/evictors.js';
export type {
  Trigger,
  TriggerContext,
  TriggerMergeContext,
  TriggerResult,
  TriggerState,
} from './window/trigger.js';
export type { GlobalWindow, TimeWindow, Window, WindowNamespace } from './window/window.js';

// Contracts for sources and sinks of one's own, and what they are given.

export { type Failure, failure } from '../actors/protocol/failure.js';
export type { CheckpointId } from '../actors/protocol/ids.js';
export type { CheckpointMode, CheckpointRetention } from '../actors/protocol/job-graph.js';
export type { Split } from '../actors/protocol/manifest.js';
export type { RestartStrategy } from '../actors/protocol/restart-strategy.js';
export { type Lifecycle, maxWatermark, noTimestamp, type OperatorContext, type Settle } from './operators/operator.js';
export type { Sink, SinkWriter } from './operators/sink.js';
export type { Batch, DiscoveryContext, ReaderContext, Source, SourceReader } from './operators/source.js';
export type { ClientOutput } from './ports/client-output.js';
export type { Clock, Timer } from './ports/clock.js';
export type { FileDone, FileResult, Files } from './ports/files.js';
export type { Offload } from './ports/offload.js';
