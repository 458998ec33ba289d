import { maxWatermark } from '../../operators/operator.js';
import { type ChannelTime, type EventTime, nothing, unknownWatermark, Valve, type ValveChange } from './valve.js';

/** One input of two: its channels, and what they say together. */
interface Input {
  readonly valve: Valve;
  status: 'active' | 'idle' | 'finished';
}

/**
 * Event time of an operator with two inputs: the lesser of their watermarks, each of which a valve of its own makes of its channels. An idle
 * input is left out; when both are idle the watermark stays where it is. One that has finished is left out too, but what it ends with counts for nothing:
 * only when both have finished is the watermark the maximal one. It never falls, so an input that is active again is waited for until it has caught up.
 */
export class TwoInputs implements EventTime {
  watermark = unknownWatermark;
  private idle = false;
  private readonly inputs: readonly [Input, Input];
  /** The position of each channel among those of its input. */
  private readonly places: readonly number[];

  constructor(private readonly inputOf: readonly number[]) {
    this.places = inputOf.map((input, channel) => inputOf.slice(0, channel).filter((other) => other === input).length);
    const inputWith = (input: number): Input => ({
      valve: new Valve(inputOf.filter((other) => other === input).length),
      status: 'active',
    });
    this.inputs = [inputWith(0), inputWith(1)];
  }

  advance(channel: number, watermark: number): ValveChange {
    return this.changed(channel, (valve, place) => valve.advance(place, watermark));
  }

  setIdle(channel: number, idle: boolean): ValveChange {
    return this.changed(channel, (valve, place) => valve.setIdle(place, idle));
  }

  finish(channel: number): ValveChange {
    return this.changed(channel, (valve, place) => valve.finish(place));
  }

  inspect(channel: number): ChannelTime {
    return this.inputs[this.inputOf[channel] as 0 | 1].valve.inspect(this.places[channel] as number);
  }

  private changed(channel: number, change: (valve: Valve, place: number) => ValveChange): ValveChange {
    const input = this.inputs[this.inputOf[channel] as 0 | 1];
    const { watermark, idle } = change(input.valve, this.places[channel] as number);
    if (input.status === 'finished' || (watermark === null && idle === null)) return nothing;
    const before = this.watermark;
    if (input.valve.watermark >= maxWatermark) input.status = 'finished';
    else if (idle === false) input.status = 'active';
    // What an input says on falling idle still counts; after that the other is alone.
    this.settle();
    if (idle === true) input.status = 'idle';
    this.settle();
    const isIdle = this.inputs.every(({ status }) => status !== 'active') && this.watermark < maxWatermark;
    const became = isIdle === this.idle ? null : isIdle;
    this.idle = isIdle;
    return { watermark: this.watermark > before ? this.watermark : null, idle: became };
  }

  /** The watermark never falls. */
  private settle(): void {
    const active = this.inputs.filter(({ status }) => status === 'active');
    if (active.length > 0) this.raise(Math.min(...active.map(({ valve }) => valve.watermark)));
    else if (this.inputs.every(({ status }) => status === 'finished')) this.raise(maxWatermark);
  }

  private raise(watermark: number): void {
    if (watermark > this.watermark) this.watermark = watermark;
  }
}
