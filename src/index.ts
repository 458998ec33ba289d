// The public names of Weirflow, one by one.

// Writing a job
export { DataStream, KeyedStream, SingleOutputStream } from './api/data-stream.js';
export { EngineError } from './api/engine-error.js';
export { type BuiltJob, buildJob, defineJob, type JobDefinition } from './api/job-definition.js';
export type { SupportedKey } from './api/key.js';
export { fixedDelay } from './api/restart-strategy.js';
export { type CheckpointingOptions, type SourceNames, StreamEnvironment } from './api/stream-environment.js';
export { StreamSink } from './api/stream-sink.js';
export type {
  KeyedInstance,
  KeyedProcessContext,
  KeyedProcessFunction,
} from './operators/keyed-process.js';
export type { Instance, ProcessContext } from './operators/record-context.js';
export type { ProcessFunction } from './operators/process.js';
export type { Reducer } from './operators/reduce.js';

// State
export { listState, mapState, valueState } from './state/descriptors.js';
export type { DeepReadonly, ListState, MapState, StateDescriptor, ValueState } from './state/keyed-state.js';

// Contracts for sources and sinks of one's own
export type { Failure } from '../actors/protocol/failure.js';
export { failure } from '../actors/protocol/failure.js';
export type { Split } from '../actors/protocol/manifest.js';
export {
  type Lifecycle,
  maxWatermark,
  noTimestamp,
  type OperatorContext,
  type Settle,
} from './operators/operator.js';
export type { Sink, SinkWriter } from './operators/sink.js';
export type { Batch, DiscoveryContext, ReaderContext, Source, SourceReader } from './operators/source.js';
