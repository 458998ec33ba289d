import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { CheckpointMode } from '../../../actors/protocol/job-graph.js';
import type { Clock } from '../../ports/clock.js';
import type { InputChannel } from '../channel/channel.js';
import type { ControlElement, Element } from '../elements.js';
import { Fifo } from '../fifo.js';
import type { Head, HeadEvent } from '../head.js';
import type { TaskletSetting } from '../tasklet-setting.js';
import { Alignment, type AlignmentChange } from './alignment.js';
import { TwoInputs } from './two-inputs.js';
import { type ChannelTime, type EventTime, Valve, type ValveChange } from './valve.js';

/**
 * The inputs of a task that has channels, of one edge or of several: reads them in turn and combines what is said on all of them.
 * Only records and latency markers are passed on as they come. Barriers are aligned, and ends awaited, over the channels of all inputs.
 */
export class InputGate implements Head {
  private readonly valve: EventTime;
  private readonly alignment: Alignment;
  /** Of one element may follow several events. */
  private readonly events = new Fifo<HeadEvent>();
  private readonly dataEnded: boolean[];
  private channelsWithData: number;
  /** The channel that is read next. */
  private cursor = 0;
  private lastPolled = 0;

  static of({
    inputs,
    inputOf,
    checkpointMode,
    ports,
  }: Pick<TaskletSetting, 'inputs' | 'inputOf' | 'checkpointMode' | 'ports'>): InputGate {
    return new InputGate(inputs, ports.clock, inputOf, checkpointMode);
  }

  constructor(
    readonly channels: readonly InputChannel[],
    private readonly clock: Clock,
    /** Which input each channel belongs to. */
    private readonly inputOf: readonly number[] = channels.map(() => 0),
    mode: CheckpointMode = 'exactlyOnce',
  ) {
    this.valve = inputOf.includes(1) ? new TwoInputs(inputOf) : new Valve(channels.length);
    this.alignment = new Alignment(channels.length, mode);
    this.dataEnded = channels.map(() => false);
    this.channelsWithData = channels.length;
  }

  get watermark(): number {
    return this.valve.watermark;
  }

  get aligning(): CheckpointId | null {
    return this.alignment.aligning;
  }

  /** How the channel with that index stands, for people. */
  timeOf(channel: number): ChannelTime {
    return this.valve.inspect(channel);
  }

  next(): HeadEvent | null {
    for (;;) {
      const event = this.events.shift();
      if (event !== undefined) return event;
      const element = this.pollInTurn();
      if (element === null) return null;
      if (element.kind === 'records') {
        const { values, timestamps } = element;
        return { kind: 'records', input: this.inputOf[this.lastPolled] as number, values, timestamps };
      }
      if (element.kind === 'latency') return element;
      this.combine(this.lastPolled, element);
    }
  }

  injectsBarriers(): boolean {
    return this.alignment.allEnded;
  }

  giveUp(checkpoint: CheckpointId): void {
    this.alignment.giveUp(checkpoint);
  }

  /** Starts after the channel that was read last, so that none is kept waiting by a busy one. */
  private pollInTurn(): Element | null {
    const { channels, alignment } = this;
    for (let turn = 0; turn < channels.length; turn++) {
      const channel = this.cursor;
      this.cursor = channel + 1 === channels.length ? 0 : channel + 1;
      if (alignment.isBlocked(channel) || alignment.hasEnded(channel)) continue;
      const element = (channels[channel] as InputChannel).poll();
      if (element === null) continue;
      this.lastPolled = channel;
      return element;
    }
    return null;
  }

  private combine(channel: number, element: ControlElement): void {
    switch (element.kind) {
      case 'watermark':
        return this.changed(this.valve.advance(channel, element.timestamp));
      case 'status':
        return this.changed(this.valve.setIdle(channel, element.idle));
      case 'barrier': {
        const { superseded, change } = this.alignment.barrier(channel, element, this.clock.monotonicMs());
        if (superseded !== null) {
          this.events.push({ kind: 'superseded', checkpoint: superseded, by: element.checkpoint });
        }
        return this.aligned(change);
      }
      case 'endOfData':
        return this.endData(channel);
      case 'endOfChannel':
        this.endData(channel);
        return this.aligned(this.alignment.end(channel));
      case 'latency':
        this.events.push(element);
    }
  }

  private changed({ watermark, idle }: ValveChange): void {
    if (idle === false) this.events.push({ kind: 'status', idle });
    if (watermark !== null) this.events.push({ kind: 'watermark', timestamp: watermark });
    if (idle === true) this.events.push({ kind: 'status', idle });
  }

  private aligned(change: AlignmentChange): void {
    if (change.kind === 'none') return;
    const alignmentMs = this.clock.monotonicMs() - change.startedMs;
    this.events.push({ kind: 'aligned', barrier: change.barrier, alignmentMs });
  }

  private endData(channel: number): void {
    if (this.dataEnded[channel]) return;
    this.dataEnded[channel] = true;
    this.channelsWithData -= 1;
    this.changed(this.valve.finish(channel));
    if (this.channelsWithData === 0) this.events.push({ kind: 'inputEnded' });
  }
}
