import type { VertexId } from '../../actors/protocol/ids.js';
import type { JobGraph } from '../../actors/protocol/job-graph.js';
import type { RecordErrorPolicy } from '../operators/error-policy.js';
import type { KeySelector, Stage } from '../operators/operator.js';
import type { Source } from '../operators/source.js';
import type { Route } from './route.js';

/** One vertex with its code. The stages stand in the order of `JobVertex.operators`, without the source. */
export interface VertexProgram {
  readonly source: { readonly uid: string; readonly source: Source } | null;
  readonly stages: readonly Stage[];
  /** By the uid of their operator; where there is none, what throws fails the attempt. */
  readonly errorPolicies?: ReadonlyMap<string, RecordErrorPolicy>;
}

/** A job graph together with the functions it names: what each slot builds anew from the job's code. */
export interface JobProgram {
  readonly graph: JobGraph;
  readonly vertices: ReadonlyMap<VertexId, VertexProgram>;
  /** Key selectors of hash edges, by edge id. */
  readonly edgeKeys: ReadonlyMap<string, KeySelector>;
  /** Of edges with a partitioner of the job's own, by edge id. */
  readonly edgeRoutes: ReadonlyMap<string, Route>;
}
