import type { OutputChannel } from '../channel/channel.js';
import type { ControlElement, LatencyMarker } from '../elements.js';
import type { PartitionedOutput } from './partitioned-output.js';

/** Where the chain of a task puts what it makes: nowhere, into one edge, or into each of several. */
export interface RecordOutput {
  emit(value: unknown, timestamp: number): void;
}

/** All output of a task. Records go by the partitioner of each edge; control elements go into every channel. */
export class TaskOutput {
  readonly channels: readonly OutputChannel[];
  readonly records: RecordOutput;
  private markers = 0;

  constructor(edges: readonly PartitionedOutput[]) {
    this.channels = edges.flatMap((edge) => edge.channels);
    const [only] = edges;
    this.records = edges.length === 1 && only !== undefined ? only : new EachOutput(edges);
  }

  get holdsBack(): boolean {
    return this.channels.some((channel) => channel.holdsBack);
  }

  control(element: ControlElement): void {
    for (const channel of this.channels) channel.control(element);
  }

  /** One path is enough to measure, and all of them would be as many markers as the square of the parallelism. */
  mark(marker: LatencyMarker): void {
    this.channels[this.markers % this.channels.length]?.control(marker);
    this.markers += 1;
  }

  flush(): void {
    for (const channel of this.channels) channel.flush();
  }

  /** Only where it costs nothing. */
  flushImmediate(): void {
    for (const channel of this.channels) if (channel.isImmediate) channel.flush();
  }
}

class EachOutput implements RecordOutput {
  constructor(private readonly edges: readonly PartitionedOutput[]) {}

  emit(value: unknown, timestamp: number): void {
    for (const edge of this.edges) edge.emit(value, timestamp);
  }
}
