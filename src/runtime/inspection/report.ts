import { ValueReader } from '../../state/value-reader.js';
import { ValueWriter } from '../../state/value-writer.js';
import type { Report, StepDetail, WatchRequest } from './views.js';

const wireVersion = 1;
const details: readonly StepDetail[] = ['none', 'changes', 'all'];
/** What a process or a watcher takes from a stranger at most. */
const requestBytesMax = 65_536;
const reportBytesMax = 1_048_576;

/** Writes what goes between processes and watchers, as msgpack. Belongs to one sender: it keeps a buffer. */
export class ReportWriter {
  private readonly writer = new ValueWriter();

  encode(value: Report | WatchRequest): Uint8Array {
    const { writer } = this;
    writer.clear();
    writer.write([wireVersion, value]);
    return writer.copy();
  }
}

/** Null when the bytes are no request: they come from a stranger, and mean nothing. */
export function decodeRequest(bytes: Uint8Array): WatchRequest | null {
  const value = decode(bytes, requestBytesMax);
  if (value === null || !('detail' in value) || !('known' in value)) return null;
  const { detail, known } = value;
  const isKnown = details.some((each) => each === detail);
  const isList = Array.isArray(known) && known.every((each) => typeof each === 'string');
  return isKnown && isList ? (value as unknown as WatchRequest) : null;
}

/** Null when the bytes are no report. */
export function decodeReport(bytes: Uint8Array): Report | null {
  const value = decode(bytes, reportBytesMax);
  if (value === null || !hasTexts(value, ['kind', 'process'])) return null;
  if (value.kind === 'steps') return isListOf(value.steps, stepTexts, stepLists) ? (value as unknown as Report) : null;
  const isSnapshot = value.kind === 'snapshot' && hasTexts(value, ['incarnation']);
  return isSnapshot && isListOf(value.actors, actorTexts, actorLists) ? (value as unknown as Report) : null;
}

const stepTexts = ['actor', 'role', 'process', 'verdict'] as const;
const stepLists = ['effects', 'changed'] as const;
const actorTexts = ['actor', 'role', 'process', 'state'] as const;
const actorLists = ['waitsFor', 'questions'] as const;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasTexts = (value: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string');

const isListOf = (value: unknown, texts: readonly string[], lists: readonly string[]): boolean =>
  Array.isArray(value) &&
  value.every(
    (each) => isFields(each) && hasTexts(each, texts) && lists.every((list) => Array.isArray((each as Fields)[list])),
  );

function decode(bytes: Uint8Array, bytesMax: number): Fields | null {
  if (bytes.byteLength > bytesMax) return null;
  try {
    const envelope = new ValueReader(bytes).read();
    if (!Array.isArray(envelope) || envelope[0] !== wireVersion) return null;
    const value: unknown = envelope[1];
    return isFields(value) ? value : null;
  } catch {
    return null; // Damaged, or not of this project: dropped, as a malformed envelope is.
  }
}
