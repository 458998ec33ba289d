import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { isSavepointName } from '../../../actors/protocol/savepoint.js';
import type { Barrier, ControlElement } from '../elements.js';
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
      return barrierFrame(element);
    case 'latency':
      return numbersFrame([element.markedWallMs], element.source);
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
  if (kind === 'barrier' && body.length > savepointBytes) return savepointBarrier(body) ?? damaged(kind, body);
  if (kind === 'barrier' && (count === 2 || count === 4) && numbers.every(Number.isSafeInteger)) {
    const base = count === 4 ? { epoch: third, n: fourth } : null;
    return { kind, checkpoint: { epoch: first, n: second }, base };
  }
  if (kind === 'latency' && count >= 1) {
    return { kind, markedWallMs: first, source: new TextDecoder().decode(body.subarray(8)) };
  }
  if (kind === 'endOfData' && count === 0) return endOfData;
  if (kind === 'endOfChannel' && count === 0) return endOfChannel;
  return damaged(kind, body);
}

const damaged = (kind: FrameKind, body: Uint8Array) => ({
  damage: `${body.length} bytes are no body of a ${kind} frame`,
});

/** A checkpoint is two numbers, and two for its base. A savepoint is always four, one that says whether it suspends, and its name. */
function barrierFrame({ checkpoint, base, savepoint }: Barrier): Uint8Array {
  const ids = [...numbersOf(checkpoint), ...(base === null ? [] : numbersOf(base))];
  if (savepoint === undefined) return numbersFrame(ids);
  return numbersFrame(
    [...numbersOf(checkpoint), ...numbersOf(base ?? noBase), savepoint.suspends ? 1 : 0],
    savepoint.name,
  );
}

const noBase: CheckpointId = { epoch: -1, n: -1 };
const savepointBytes = 5 * 8;

function savepointBarrier(body: Uint8Array): Barrier | null {
  const numbers = numbersIn(body, 5);
  const [first = 0, second = 0, third = 0, fourth = 0, suspends] = numbers;
  const name = new TextDecoder().decode(body.subarray(savepointBytes));
  if (!numbers.every(Number.isSafeInteger) || !isSavepointName(name)) return null;
  const base = third === noBase.epoch ? null : { epoch: third, n: fourth };
  return {
    kind: 'barrier',
    checkpoint: { epoch: first, n: second },
    base,
    savepoint: { name, suspends: suspends === 1 },
  };
}

const numbersOf = ({ epoch, n }: CheckpointId): readonly number[] => [epoch, n];

function numbersFrame(numbers: readonly number[], text = ''): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const frame = new Uint8Array(headerBytes + numbers.length * 8 + bytes.length);
  frame.set(bytes, headerBytes + numbers.length * 8);
  const view = new DataView(frame.buffer, headerBytes);
  for (const [index, number] of numbers.entries()) view.setFloat64(index * 8, number, true);
  return frame;
}

/** At most the first so many. */
function numbersIn(body: Uint8Array, countMax = 4): readonly number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = Math.min(countMax, Math.floor(body.length / 8));
  return Array.from({ length: count }, (_, index) => view.getFloat64(index * 8, true));
}
