import type { CheckpointId } from '../../../actors/protocol/ids.js';
import type { ControlElement } from '../elements.js';
import { endOfChannel, endOfData } from '../elements.js';
import { type FrameKind, headerBytes } from './frame-header.js';

/** A frame with room for its header and a control element as its body; the kind of frame is the element's. */
export function controlFrame(element: ControlElement): Uint8Array {
  switch (element.kind) {
    case 'watermark':
      return numbersFrame([element.timestamp]);
    case 'status':
      return numbersFrame([element.idle ? 1 : 0]);
    case 'barrier':
      return numbersFrame([
        ...numbersOf(element.checkpoint),
        ...(element.base === null ? [] : numbersOf(element.base)),
      ]);
    case 'latency': {
      const source = new TextEncoder().encode(element.source);
      const frame = new Uint8Array(headerBytes + 8 + source.length);
      frame.set(numbersFrame([element.markedWallMs]).subarray(headerBytes), headerBytes);
      frame.set(source, headerBytes + 8);
      return frame;
    }
    case 'endOfData':
    case 'endOfChannel':
      return emptyFrame();
  }
}

/** For what is said in the header alone. */
export const emptyFrame = (): Uint8Array => new Uint8Array(headerBytes);

/** The element of a body, or what is wrong with it. */
export function readControl(kind: FrameKind, body: Uint8Array): ControlElement | { readonly damage: string } {
  const numbers = numbersIn(body);
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers;
  const count = body.length / 8;
  if (kind === 'watermark' && count === 1 && !Number.isNaN(first)) return { kind, timestamp: first };
  if (kind === 'status' && count === 1) return { kind, idle: first === 1 };
  if (kind === 'barrier' && (count === 2 || count === 4) && numbers.every(Number.isSafeInteger)) {
    const base = count === 4 ? { epoch: third, n: fourth } : null;
    return { kind, checkpoint: { epoch: first, n: second }, base };
  }
  if (kind === 'latency' && count >= 1) {
    return { kind, markedWallMs: first, source: new TextDecoder().decode(body.subarray(8)) };
  }
  if (kind === 'endOfData' && count === 0) return endOfData;
  if (kind === 'endOfChannel' && count === 0) return endOfChannel;
  return { damage: `${body.length} bytes are no body of a ${kind} frame` };
}

const numbersOf = ({ epoch, n }: CheckpointId): readonly number[] => [epoch, n];

function numbersFrame(numbers: readonly number[]): Uint8Array {
  const frame = new Uint8Array(headerBytes + numbers.length * 8);
  const view = new DataView(frame.buffer, headerBytes);
  for (const [index, number] of numbers.entries()) view.setFloat64(index * 8, number, true);
  return frame;
}

/** At most the first four; more are never needed. */
function numbersIn(body: Uint8Array): readonly number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = Math.min(4, Math.floor(body.length / 8));
  return Array.from({ length: count }, (_, index) => view.getFloat64(index * 8, true));
}
