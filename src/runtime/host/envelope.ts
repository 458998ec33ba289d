import type { AnyMessage, AskId } from '../../../actors/kernel/message.js';
import type { Address, Epoch } from '../../../actors/protocol/ids.js';
import { type Versions, wireVersion } from '../../../actors/protocol/versions.js';
import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';

/** What travels between processes: a message, who speaks to whom, and what it is to a question. */
export interface Envelope {
  readonly to: Address;
  readonly from: Address;
  /** The epoch of a leader; null from those who lead nothing. */
  readonly epoch: Epoch | null;
  /** `refused`: the question is in another version of the protocol than the asked process speaks. */
  readonly kind: 'send' | 'ask' | 'answer' | 'absent' | 'refused';
  /** Empty for `send`. */
  readonly ask: AskId;
  readonly message: AnyMessage;
}

/** Anything larger is refused before it is decoded. */
const envelopeBytesMax = 1_048_576;
const kinds = ['send', 'ask', 'answer', 'absent', 'refused'] as const;
const fieldCount = 11;

/**
 * An envelope of another version. Version, addresses, kind and question keep their places in every version, and so does the
 * answer that says which one somebody speaks: `refused`, which is read whatever its version is.
 */
export interface ForeignEnvelope extends Pick<Envelope, 'to' | 'from' | 'kind' | 'ask'> {
  readonly foreignVersion: number;
}

/** The answer to a question in another version, or from a process that says its versions and asks what this one does not understand. */
export interface VersionRefusal extends AnyMessage {
  readonly type: 'wire.refused';
  readonly versions: Versions;
  /** What is wrong with a question in this version. */
  readonly why?: string;
}

export type Decoded = Envelope | ForeignEnvelope | { readonly malformed: string };

/** Writes envelopes as msgpack. Belongs to one sender: it keeps a buffer. */
export class EnvelopeWriter {
  private readonly writer = new ValueWriter();

  encode({ to, from, epoch, kind, ask, message }: Envelope): Uint8Array {
    const { writer } = this;
    writer.clear();
    writer.write([
      wireVersion,
      to.process,
      to.incarnation,
      to.actor,
      from.process,
      from.incarnation,
      from.actor,
      epoch,
      kinds.indexOf(kind),
      ask,
      message,
    ]);
    return writer.copy();
  }
}

/** The envelope, or that it is one of another version, or why the bytes are none. Bytes of strangers end nothing: they are dropped and counted. */
export function decodeEnvelope(bytes: Uint8Array): Decoded {
  if (bytes.byteLength > envelopeBytesMax) return { malformed: `${bytes.byteLength} bytes` };
  let fields: unknown;
  try {
    // The reader holds every size against the bytes that are left: five bytes cannot announce an array of millions.
    fields = new ValueReader(bytes).read();
  } catch (error) {
    return { malformed: error instanceof Error ? error.message : String(error) };
  }
  if (!Array.isArray(fields) || fields.length !== fieldCount) return { malformed: 'no envelope' };
  const [version, toProcess, toIncarnation, toActor, process, incarnation, actor, epoch, kind, ask, message] =
    fields as unknown[];
  const kindName = kinds[kind as number];
  if (kindName === undefined || !areTexts(fields)) return { malformed: 'no envelope' };
  const header = {
    to: { process: toProcess as string, incarnation: toIncarnation as string, actor: toActor as string },
    from: { process: process as string, incarnation: incarnation as string, actor: actor as string },
    kind: kindName,
    ask: ask as string,
  };
  if (version !== wireVersion && kindName !== 'refused') {
    return typeof version === 'number' ? { ...header, foreignVersion: version } : { malformed: 'no envelope' };
  }
  if (epoch !== null && !isEpoch(epoch)) return { malformed: 'epoch is no whole number' };
  if (!isMessage(message)) return { malformed: 'no message type' };
  // A peer must not be able to fire this process's own timers.
  if (message.type.startsWith('xstate.')) return { malformed: `reserved type ${message.type}` };
  return { ...header, epoch, message };
}

/** Where process, incarnation and actor of both sides stand, and the question. */
const textFields = [1, 2, 3, 4, 5, 6, 9] as const;

function areTexts(fields: readonly unknown[]): boolean {
  for (const index of textFields) if (typeof fields[index] !== 'string') return false;
  return true;
}

const isEpoch = (value: unknown): value is Epoch => Number.isSafeInteger(value) && (value as number) >= 0;

/** The versions that a `refused` envelope names; what it does not say is unknown. */
export function refusedVersions({ message }: Envelope): Versions {
  const { engine, wire } = (message as Partial<VersionRefusal>).versions ?? {};
  return { engine: typeof engine === 'string' ? engine : 'unknown', wire: typeof wire === 'number' ? wire : 0 };
}

/** The versions that a process says of itself where it introduces itself; null in any other message. */
export function saidVersions(message: AnyMessage): Versions | null {
  const { engine, wire } = (message as Partial<VersionRefusal>).versions ?? {};
  return typeof engine === 'string' && typeof wire === 'number' ? { engine: engine.slice(0, textMax), wire } : null;
}

/** Of what a stranger wrote. */
const textMax = 64;

/** What a `refused` envelope says is wrong, as the end of a sentence; empty where only the version is. */
export function refusedBecause({ message }: Envelope): string {
  const { why } = message as Partial<VersionRefusal>;
  return typeof why === 'string' ? `, which does not understand it (${why.slice(0, whyMax)})` : '';
}

const whyMax = 200;

function isMessage(value: unknown): value is AnyMessage {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
