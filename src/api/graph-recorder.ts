import type { JobOptions, OperatorNode, Partitioner } from '../../actors/protocol/job-graph.js';
import { defaultJobOptions } from '../../actors/protocol/job-graph.js';
import { defaultExponentialDelay, type RestartStrategy } from '../../actors/protocol/restart-strategy.js';
import { defaultSlotSharingGroup } from '../../actors/protocol/slot-sharing.js';
import type { Route } from '../graph/route.js';
import type { Chaining, NodeCode, StreamGraph, StreamNode } from '../graph/stream-graph.js';
import type { RecordErrorPolicy } from '../operators/error-policy.js';
import type { KeySelector } from '../operators/operator.js';
import { callSite } from './call-site.js';
import { mistake } from './engine-error.js';

/** Where a stream comes from: a node, and how its records reach whoever takes them. */
export interface Origin {
  readonly node: RecordedNode;
  /** null: `forward` between equal parallelism, `rebalance` otherwise. */
  readonly partitioner: Partitioner | null;
  readonly key: KeySelector | null;
  readonly route: Route | null;
  /** The side output that the stream is; null for the main one. */
  readonly tag: string | null;
}

/** An origin on its way into one of the inputs of a node: 0, or 1 for the second of two. */
export interface NodeInput extends Origin {
  readonly input: number;
}

/** A node while the job is being written; what is unset gets its default at the end. */
export interface RecordedNode {
  readonly id: number;
  /** `map`, `reduce`, …: names the node as long as nobody else does. */
  readonly operation: string;
  readonly kind: OperatorNode['kind'];
  readonly commits: boolean;
  readonly stateful: boolean;
  readonly code: NodeCode;
  readonly inputs: readonly NodeInput[];
  readonly writtenAt: () => string;
  uid: string | null;
  name: string | null;
  parallelism: number | null;
  maxParallelism: number | null;
  chaining: Chaining;
  slotSharingGroup: string | null;
  /** undefined: the job's. */
  bufferTimeoutMs: number | null | undefined;
  onError: RecordErrorPolicy;
}

/** What the job's code may set on a node after it has written it. */
export type NodeSettings = Partial<
  Pick<
    RecordedNode,
    'uid' | 'name' | 'parallelism' | 'maxParallelism' | 'chaining' | 'slotSharingGroup' | 'bufferTimeoutMs' | 'onError'
  >
>;

export type NewNode = Pick<RecordedNode, 'operation' | 'kind' | 'commits' | 'stateful' | 'code' | 'inputs'>;

/** Records what a job writes. Nothing runs; after `finish` nothing more can be added. */
export class GraphRecorder {
  parallelism = 1;
  maxParallelism: number | null = null;
  watermarkIntervalMs = 200;
  generatedUidsAllowed = false;
  chainingAllowed = true;
  options: JobOptions = defaultJobOptions;
  /** null: the default, which depends on whether the job takes checkpoints. */
  restart: RestartStrategy | null = null;
  private readonly nodes: RecordedNode[] = [];
  private finished = false;

  add(node: NewNode): RecordedNode {
    this.assertOpen();
    const recorded: RecordedNode = {
      operation: node.operation,
      kind: node.kind,
      commits: node.commits,
      stateful: node.stateful,
      code: node.code,
      inputs: node.inputs,
      id: this.nodes.length + 1,
      writtenAt: callSite(),
      uid: null,
      name: null,
      parallelism: null,
      maxParallelism: null,
      chaining: 'always',
      slotSharingGroup: null,
      bufferTimeoutMs: undefined,
      onError: 'fail',
    };
    this.nodes.push(recorded);
    return recorded;
  }

  change(node: RecordedNode, settings: NodeSettings): void {
    this.assertOpen();
    Object.assign(node, settings);
  }

  /** Refuses changes to a job that has been built, as by a callback that comes later. */
  assertOpen(): void {
    if (!this.finished) return;
    throw mistake(
      'JOB_BUILD_ENDED',
      'The job was changed after its function had returned. Define all of it before the function returns, without await or callbacks.',
    );
  }

  finish(name: string): StreamGraph {
    this.assertOpen();
    this.finished = true;
    const uids = this.uids();
    const groups = this.slotSharingGroups();
    return {
      name,
      nodes: this.nodes.map((node) => this.finishNode(node, uids.get(node) as string, groups.get(node) as string)),
      options: { ...this.options, restart: this.restart ?? this.defaultRestart() },
      generatedUidsAllowed: this.generatedUidsAllowed,
    };
  }

  private finishNode(node: RecordedNode, uid: string, slotSharingGroup: string): StreamNode {
    const { id, operation, kind, code, chaining, bufferTimeoutMs, onError, writtenAt } = node;
    // Dead letters are committed by the operator that they come from, and stand in its state until then.
    const writesLetters = typeof onError === 'object';
    return {
      id,
      operation,
      uid,
      uidGiven: node.uid !== null,
      name: node.name ?? node.uid ?? node.operation,
      kind,
      commits: node.commits || writesLetters,
      stateful: node.stateful || writesLetters,
      onError,
      parallelism: this.parallelismOf(node),
      maxParallelism: node.maxParallelism ?? this.maxParallelism,
      chaining: this.chainingAllowed ? chaining : 'never',
      slotSharingGroup,
      ...(bufferTimeoutMs === undefined ? {} : { bufferTimeoutMs }),
      inputs: node.inputs.map(({ node: from, partitioner, key, route, input, tag }) => ({
        from: from.id,
        partitioner: partitioner ?? (this.parallelismOf(from) === this.parallelismOf(node) ? 'forward' : 'rebalance'),
        key,
        route,
        input,
        tag,
      })),
      code,
      get writtenAt() {
        return writtenAt();
      },
    };
  }

  private defaultRestart(): RestartStrategy {
    return this.options.checkpointIntervalMs === null ? this.options.restart : defaultExponentialDelay;
  }

  private parallelismOf(node: RecordedNode): number {
    return node.parallelism ?? this.parallelism;
  }

  /** What sets none takes that of its inputs if all have the same. Inputs come before what they lead into. */
  private slotSharingGroups(): ReadonlyMap<RecordedNode, string> {
    const groups = new Map<RecordedNode, string>();
    for (const node of this.nodes) {
      const [first, ...others] = new Set(node.inputs.map(({ node: from }) => groups.get(from)));
      const inherited = others.length === 0 ? first : undefined;
      groups.set(node, node.slotSharingGroup ?? inherited ?? defaultSlotSharingGroup);
    }
    return groups;
  }

  /** Generated uids are made of the operation and the position, and step aside for given ones. */
  private uids(): ReadonlyMap<RecordedNode, string> {
    const given = new Set(this.nodes.map(({ uid }) => uid));
    return new Map(
      this.nodes.map((node) => {
        let uid = node.uid ?? `${node.operation}-${node.id}`;
        while (node.uid === null && given.has(uid)) uid += '-generated';
        return [node, uid];
      }),
    );
  }
}
