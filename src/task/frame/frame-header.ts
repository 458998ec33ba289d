import { crc32 } from 'node:zlib';
import type { JobRun } from '../../../actors/protocol/ids.js';

/** What a frame carries. The position is the code on the wire; codes are never used again for something else. */
const kinds = [
  'records',
  /** A piece of a record that is longer than a frame; `lastFragment` completes it. */
  'fragment',
  'lastFragment',
  'watermark',
  'status',
  'barrier',
  'endOfData',
  'endOfChannel',
  'latency',
  /** From an idle producer: `sequence` is the last one it has sent. */
  'repeat',
  /** From the consumer: data may be sent through `sequence`. */
  'grant',
] as const;
export type FrameKind = (typeof kinds)[number];

/** The connection of two subtasks along an edge, by the edge's position in the job graph. */
export interface ChannelId {
  readonly edge: number;
  readonly producer: number;
  readonly consumer: number;
}

export const channelText = ({ edge, producer, consumer }: ChannelId): string => `${edge}/${producer}>${consumer}`;

export interface FrameHeader extends ChannelId {
  readonly kind: FrameKind;
  /** crc32 of the job's id: two jobs may have the same run, and one slot after the other. */
  readonly jobHash: number;
  readonly run: JobRun;
  readonly attempt: number;
  readonly sequence: number;
}

/*
 * | byte | 0 | 1 | 2 | 4 | 8 | 12 | 16 | 20 | 28 | 36 | 44 |
 * |---|---|---|---|---|---|---|---|---|---|---|---|
 * | what | format | kind | edge | producer | consumer | body length | job hash | run | attempt | sequence | crc32 of all else |
 *
 * Little-endian; run, attempt and sequence as float64, which holds every safe integer.
 */
export const headerBytes = 48;
const format = 1;
const crcAt = 44;

/** Longer frames are refused unread, whatever their header says. */
export const frameBytesCap = 524_288;

export const jobHashOf = (job: string): number => crc32(job);

/** Writes the header into the first bytes of a frame whose body stands there already, and seals both with the checksum. */
export function sealFrame(frame: Uint8Array, header: FrameHeader): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint8(0, format);
  view.setUint8(1, kinds.indexOf(header.kind));
  view.setUint16(2, header.edge, true);
  view.setUint32(4, header.producer, true);
  view.setUint32(8, header.consumer, true);
  view.setUint32(12, frame.length - headerBytes, true);
  view.setUint32(16, header.jobHash, true);
  view.setFloat64(20, header.run, true);
  view.setFloat64(28, header.attempt, true);
  view.setFloat64(36, header.sequence, true);
  view.setUint32(crcAt, checksumOf(frame), true);
}

/** The header of a whole and undamaged frame, or what is wrong with it. */
export function openFrame(frame: Uint8Array): FrameHeader | { readonly damage: string } {
  if (frame.length < headerBytes) return { damage: `${frame.length} bytes are fewer than a header has` };
  if (frame.length > frameBytesCap) return { damage: `${frame.length} bytes are more than a frame may have` };
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint8(0) !== format) return { damage: `format ${view.getUint8(0)} is unknown` };
  const kind = kinds[view.getUint8(1)];
  if (kind === undefined) return { damage: `kind ${view.getUint8(1)} is unknown` };
  if (view.getUint32(12, true) !== frame.length - headerBytes)
    return { damage: 'the length is not the one in the header' };
  if (view.getUint32(crcAt, true) !== checksumOf(frame)) return { damage: 'the checksum is wrong' };
  const run = view.getFloat64(20, true);
  const attempt = view.getFloat64(28, true);
  const sequence = view.getFloat64(36, true);
  if (!isCount(run) || !isCount(attempt) || !isCount(sequence)) return { damage: 'a number in the header is no count' };
  const { edge, producer, consumer } = channelAt(view);
  return { edge, producer, consumer, kind, jobHash: view.getUint32(16, true), run, attempt, sequence };
}

/** Whom a damaged frame was most likely for; null when not even that can be read. Decides only who is told. */
export function likelyAddressee(
  frame: Uint8Array,
): (ChannelId & { readonly run: number; readonly jobHash: number }) | null {
  if (frame.length < headerBytes) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { ...channelAt(view), run: view.getFloat64(20, true), jobHash: view.getUint32(16, true) };
}

function channelAt(view: DataView): ChannelId {
  return { edge: view.getUint16(2, true), producer: view.getUint32(4, true), consumer: view.getUint32(8, true) };
}

const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;

const checksumOf = (frame: Uint8Array): number => crc32(frame.subarray(headerBytes), crc32(frame.subarray(0, crcAt)));
