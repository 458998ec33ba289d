import { noTimestamp } from '../../../src/operators/operator.js';
import { FramedInput } from '../../../src/task/channel/framed-input.js';
import { FramedOutput } from '../../../src/task/channel/framed-output.js';
import type { Element } from '../../../src/task/elements.js';
import { type FrameHeader, openFrame, sealFrame } from '../../../src/task/frame/frame-header.js';
import { RowCodec } from '../../../src/task/frame/row-codec.js';
import { Gauge } from '../../../src/task/gauge.js';
import { MemoryShare } from '../../../src/task/slot/slot-memory.js';
import { defaultTaskOptions, type TaskOptions } from '../../../src/task/task-options.js';

/** Both ends of a framed channel, and by hand what lies between them: frames wait here until they are delivered, lost or repeated. */
export class FramedPair {
  readonly gauge = new Gauge();
  readonly output: FramedOutput;
  readonly input: FramedInput;
  /** On their way, in order. */
  readonly frames: Uint8Array[] = [];
  readonly grants: number[] = [];
  readonly failures: string[] = [];

  constructor(options: Partial<TaskOptions> = {}, overdraftBytes = 1_000_000_000) {
    const limits = { ...defaultTaskOptions, ...options };
    const id = { edge: 0, producer: 0, consumer: 0 };
    const common = { ...id, jobHash: 1, run: 1, attempt: 1 };
    const codec = new RowCodec();
    this.output = new FramedOutput(
      id,
      (kind, sequence, frame) => {
        sealFrame(frame, { ...common, kind, sequence });
        this.frames.push(frame);
      },
      codec,
      limits,
      this.gauge,
      { uid: 'emitter', name: 'Emitter' },
      10,
      new MemoryShare(overdraftBytes),
    );
    this.input = new FramedInput(id, (_kind, sequence) => this.grants.push(sequence), codec, limits);
  }

  /** The handshake. */
  open(): this {
    this.input.open();
    this.deliverGrants();
    return this;
  }

  append(...values: readonly unknown[]): this {
    for (const value of values) this.output.append(value, noTimestamp);
    return this;
  }

  deliver(count = this.frames.length): this {
    for (const frame of this.frames.splice(0, count)) this.receive(frame);
    return this;
  }

  receive(frame: Uint8Array): void {
    const header = openFrame(frame) as FrameHeader;
    const failure = this.input.receive(header, frame);
    if (failure !== null) this.failures.push(failure.code);
  }

  deliverGrants(count = this.grants.length): this {
    for (const through of this.grants.splice(0, count)) this.output.granted(through);
    return this;
  }

  poll(count = Number.POSITIVE_INFINITY): Element[] {
    const elements: Element[] = [];
    while (elements.length < count) {
      const element = this.input.poll();
      if (element === null) break;
      elements.push(element);
    }
    return elements;
  }

  /** Everything there is, delivered and consumed until nothing moves any more. */
  drain(): Element[] {
    const elements: Element[] = [];
    for (let idle = 0; idle < 2; idle++) {
      if (this.frames.length + this.grants.length > 0) idle = 0;
      this.deliver().deliverGrants();
      elements.push(...this.poll());
      this.output.flush();
    }
    return elements;
  }

  sequences(): readonly number[] {
    return this.frames.map((frame) => (openFrame(frame) as FrameHeader).sequence);
  }

  kinds(): readonly string[] {
    return this.frames.map((frame) => (openFrame(frame) as FrameHeader).kind);
  }
}

export const valuesOf = (elements: readonly Element[]): readonly unknown[] =>
  elements.flatMap((element) => (element.kind === 'records' ? element.values : []));
