import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { Route } from '../../graph/route.js';
import type { KeySelector } from '../../operators/operator.js';
import { compositeKeyText } from '../../state/canonical-key.js';
import { keyGroupOf, subtaskOf } from '../../state/key-groups.js';
import type { OutputChannel } from '../channel/channel.js';
import { type Culprit, culpritText, failureOfThrown, TaskFailure } from '../task-failure.js';

/** Picks, for each record, the channels of one edge that it goes to. */
export interface PartitionedOutput {
  readonly channels: readonly OutputChannel[];
  emit(value: unknown, timestamp: number): void;
}

/** To the consumer of the same index: the one channel there is. */
export class ForwardOutput implements PartitionedOutput {
  readonly channels: readonly OutputChannel[];

  constructor(private readonly channel: OutputChannel) {
    this.channels = [channel];
  }

  emit(value: unknown, timestamp: number): void {
    this.channel.append(value, timestamp);
  }
}

/** To the consumer that owns the record's key. */
export class HashOutput implements PartitionedOutput {
  constructor(
    readonly channels: readonly OutputChannel[],
    private readonly select: KeySelector,
    private readonly maxParallelism: number,
    private readonly emitter: Culprit,
  ) {}

  emit(value: unknown, timestamp: number): void {
    const { channels, maxParallelism } = this;
    const group = this.keyGroup(value);
    (channels[subtaskOf(group, channels.length, maxParallelism)] as OutputChannel).append(value, timestamp);
  }

  private keyGroup(value: unknown): number {
    try {
      return keyGroupOf(this.select(value as never), this.maxParallelism);
    } catch (error) {
      throw failureOfThrown(this.emitter, 'picking the key of a record', error);
    }
  }
}

/** To the only consumer, whatever the key. What cannot be a key is refused all the same: it would be at any other parallelism. */
export class KeyedForwardOutput implements PartitionedOutput {
  readonly channels: readonly OutputChannel[];

  constructor(
    private readonly channel: OutputChannel,
    private readonly select: KeySelector,
    private readonly emitter: Culprit,
  ) {
    this.channels = [channel];
  }

  emit(value: unknown, timestamp: number): void {
    this.checkKey(value);
    this.channel.append(value, timestamp);
  }

  private checkKey(value: unknown): void {
    try {
      compositeKeyText(this.select(value as never));
    } catch (error) {
      throw failureOfThrown(this.emitter, 'picking the key of a record', error);
    }
  }
}

/** To one consumer after the other. Each producer begins at its own index, so that few records do not all meet at the first. */
export class RebalanceOutput implements PartitionedOutput {
  private next: number;

  constructor(
    readonly channels: readonly OutputChannel[],
    subtaskIndex: number,
  ) {
    this.next = subtaskIndex % channels.length;
  }

  emit(value: unknown, timestamp: number): void {
    const { channels, next } = this;
    this.next = next + 1 === channels.length ? 0 : next + 1;
    (channels[next] as OutputChannel).append(value, timestamp);
  }
}

/** To the first consumer; the others hear of barriers and event time all the same. */
export class GlobalOutput implements PartitionedOutput {
  private readonly first: OutputChannel;

  constructor(readonly channels: readonly [OutputChannel, ...OutputChannel[]]) {
    this.first = channels[0];
  }

  emit(value: unknown, timestamp: number): void {
    this.first.append(value, timestamp);
  }
}

/** To any consumer, by chance that follows from the seed. */
export class ShuffleOutput implements PartitionedOutput {
  private state: number;

  constructor(
    readonly channels: readonly OutputChannel[],
    seed: number,
  ) {
    // The generator never leaves 0.
    this.state = seed | 0 || 1;
  }

  emit(value: unknown, timestamp: number): void {
    const { channels } = this;
    // xorshift32: chance for load to be spread by, and no more.
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    (channels[(this.state >>> 0) % channels.length] as OutputChannel).append(value, timestamp);
  }
}

/** To the consumer that the job's own function picks. */
export class CustomOutput implements PartitionedOutput {
  constructor(
    readonly channels: readonly OutputChannel[],
    private readonly route: Route,
    private readonly emitter: Culprit,
  ) {}

  emit(value: unknown, timestamp: number): void {
    const { channels, emitter } = this;
    const picked = this.pick(value);
    const channel = channels[picked];
    if (channel === undefined) throw new TaskFailure(notThere(emitter, picked, channels.length));
    channel.append(value, timestamp);
  }

  private pick(value: unknown): number {
    try {
      return this.route(value as never, this.channels.length);
    } catch (error) {
      throw failureOfThrown(this.emitter, 'picking the consumer of a record', error);
    }
  }
}

const notThere = (emitter: Culprit, picked: unknown, channels: number): Failure =>
  failure(
    'PARTITION_INVALID',
    'user',
    `${culpritText(emitter)} sends a record to consumer ${picked}, and there are ${channels}. ` +
      'Return a whole number from 0 to below the parallelism that partitionCustom gives',
    'never',
  );

/** To every consumer. */
export class BroadcastOutput implements PartitionedOutput {
  constructor(readonly channels: readonly OutputChannel[]) {}

  emit(value: unknown, timestamp: number): void {
    for (const channel of this.channels) channel.append(value, timestamp);
  }
}
