import type { SideOutput } from '../../../actors/protocol/job-graph.js';
import type { OutputChannel } from '../channel/channel.js';
import type { ControlElement, LatencyMarker } from '../elements.js';
import { unknownWatermark } from '../gate/valve.js';
import type { PartitionedOutput } from './partitioned-output.js';

/** Where the chain of a task puts what it makes: nowhere, into one edge, or into each of several. */
export interface RecordOutput {
  emit(value: unknown, timestamp: number): void;
}

/** An edge that takes the side output of one operator. */
export interface SideEdge {
  readonly side: SideOutput;
  readonly edge: PartitionedOutput;
}

/**
 * All output of a task. Records go by the partitioner of each edge; barriers and ends go into every channel. Event time is that of the
 * operator which emits: the last one for the main edges, its own one for the edges of each side output.
 */
export class TaskOutput {
  readonly channels: readonly OutputChannel[];
  readonly records: RecordOutput;
  private readonly main: readonly OutputChannel[];
  private readonly sides: ReadonlyMap<string, OperatorSides>;
  private markers = 0;

  constructor(edges: readonly PartitionedOutput[], sides: readonly SideEdge[] = []) {
    this.main = edges.flatMap((edge) => edge.channels);
    this.channels = [...this.main, ...sides.flatMap(({ edge }) => edge.channels)];
    this.records = eachOf(edges);
    const operators = new Set(sides.map(({ side }) => side.operator));
    this.sides = new Map(
      [...operators].map((uid) => [uid, new OperatorSides(sides.filter(({ side }) => side.operator === uid))]),
    );
  }

  /** Those of the operator with this uid; null when nobody takes any. */
  sidesOf(uid: string): OperatorSides | null {
    return this.sides.get(uid) ?? null;
  }

  /** Those that the channels of its edges have, each once. */
  get bufferTimeouts(): readonly number[] {
    const timeouts = new Set(this.channels.map(({ bufferTimeoutMs }) => bufferTimeoutMs));
    return [...timeouts].filter((timeoutMs) => timeoutMs !== null);
  }

  /** Whether anything of the edges with this buffer timeout waits that their receivers would take. */
  holdsBack(timeoutMs: number): boolean {
    return this.channels.some((channel) => channel.bufferTimeoutMs === timeoutMs && channel.holdsBack);
  }

  control(element: ControlElement): void {
    for (const channel of this.channels) channel.control(element);
  }

  /** Into the channels of the main edges. */
  event(element: ControlElement): void {
    for (const channel of this.main) channel.control(element);
  }

  /** One path is enough to measure, and all of them would be as many markers as the square of the parallelism. */
  mark(marker: LatencyMarker): void {
    this.channels[this.markers % this.channels.length]?.control(marker);
    this.markers += 1;
  }

  /** Of all edges whose batches need not be full: the task has nothing to do that would fill them. */
  flush(): void {
    for (const channel of this.channels) if (channel.bufferTimeoutMs !== null) channel.flush();
  }

  flushWaitedFor(timeoutMs: number): void {
    for (const channel of this.channels) if (channel.bufferTimeoutMs === timeoutMs) channel.flush();
  }
}

/** The side outputs of one operator of the chain. */
export class OperatorSides {
  private readonly channels: readonly OutputChannel[];
  private readonly byTag: ReadonlyMap<string, RecordOutput>;
  private newest = unknownWatermark;

  constructor(edges: readonly SideEdge[]) {
    this.channels = edges.flatMap(({ edge }) => edge.channels);
    const tags = new Set(edges.map(({ side }) => side.tag));
    this.byTag = new Map(
      [...tags].map((tag) => [tag, eachOf(edges.filter(({ side }) => side.tag === tag).map(({ edge }) => edge))]),
    );
  }

  emit(tag: string, value: unknown, timestamp: number): void {
    this.byTag.get(tag)?.emit(value, timestamp);
  }

  watermark(timestamp: number): void {
    if (timestamp <= this.newest) return;
    this.newest = timestamp;
    for (const channel of this.channels) channel.control({ kind: 'watermark', timestamp });
  }

  idle(idle: boolean): void {
    for (const channel of this.channels) channel.control({ kind: 'status', idle });
  }
}

function eachOf(edges: readonly PartitionedOutput[]): RecordOutput {
  const [only] = edges;
  return edges.length === 1 && only !== undefined ? only : new EachOutput(edges);
}

class EachOutput implements RecordOutput {
  constructor(private readonly edges: readonly PartitionedOutput[]) {}

  emit(value: unknown, timestamp: number): void {
    for (const edge of this.edges) edge.emit(value, timestamp);
  }
}
