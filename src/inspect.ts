// The public names of weirflow/inspect, one by one.

export { EngineError } from './api/engine-error.js';
export { type InspectFilter, showAll, showsActor, showsStep } from './runtime/inspection/filter.js';
export { type Inspection, type InspectOptions, inspectCluster } from './runtime/inspection/inspect-cluster.js';
export type {
  ActorView,
  DroppedView,
  InspectEvent,
  MessageView,
  StepDetail,
  StepView,
} from './runtime/inspection/views.js';
