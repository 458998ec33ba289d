import type { JobOptions, OperatorNode, Partitioner } from '../../actors/protocol/job-graph.js';
import type { RecordErrorPolicy } from '../operators/error-policy.js';
import type { KeySelector, Stage } from '../operators/operator.js';
import type { Source } from '../operators/source.js';

import type { Route } from './route.js';

type WithoutNames<S> = S extends Stage ? Omit<S, 'uid' | 'name'> : never;

/** What an operator does, before its uid is known. */
export type StageCode = WithoutNames<Stage>;

/** The function, operator or source behind a node. */
export type NodeCode =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'stage'; readonly stage: StageCode };

/** Flink's chaining strategies: `head` may only begin a chain, `never` stands alone. */
export type Chaining = 'always' | 'head' | 'never';

/** One way into a node. Several into the same input are a union. */
export interface StreamEdge {
  readonly from: number;
  readonly partitioner: Partitioner;
  /** 0, or 1 for the second input of an operator that has two. */
  readonly input: number;
  /** The side output of `from` that is meant; null for its main one. */
  readonly tag: string | null;
  /** Set when the partitioner is `hash`. */
  readonly key: KeySelector | null;
  /** Set when the partitioner is `custom`. */
  readonly route: Route | null;
}

/** One operator as it stands in the job's code. */
export interface StreamNode extends OperatorNode {
  /** Position in the order written, from 1; inputs have lower ids. */
  readonly id: number;
  /** The call that wrote it: `map`, `reduce`, …; the kind of source or sink. */
  readonly operation: string;
  /** False: the uid was generated from the position. */
  readonly uidGiven: boolean;
  readonly parallelism: number;
  /** null: the default for the chain it ends up in. */
  readonly maxParallelism: number | null;
  readonly chaining: Chaining;
  /** Slots are shared within it, and with no other. */
  readonly slotSharingGroup: string;
  /** Of the edges that leave it; absent: the job's. See JobOptions. */
  readonly bufferTimeoutMs?: number | null;
  readonly inputs: readonly StreamEdge[];
  readonly code: NodeCode;
  /** Without one, what throws fails the attempt. */
  readonly onError?: RecordErrorPolicy;
  /** `file:line:column` in the job's code, or an empty string. */
  readonly writtenAt: string;
}

/** A job as written: every operator with its inputs, before chaining. */
export interface StreamGraph {
  readonly name: string;
  readonly nodes: readonly StreamNode[];
  readonly options: JobOptions;
  /** Stateful operators may go without an explicit uid. */
  readonly generatedUidsAllowed: boolean;
}

/** How messages speak of a node: what it is, its name if it has one, and where it is written. */
export function nodeText({ operation, name, writtenAt }: StreamNode): string {
  return `${operation}${name === operation ? '' : ` '${name}'`}${writtenAt === '' ? '' : ` at ${writtenAt}`}`;
}
