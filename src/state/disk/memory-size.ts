import { CanonicalMap } from '../heap/canonical-map.js';
import { TimedCell, TimedList, TimedMap } from '../heap/timed-content.js';
import { DiskKeyTimers } from './disk-key-timers.js';

/** What an object, an array or a Map takes before anything is in it. */
const objectBytes = 32;
const fieldBytes = 16;
const mapEntryBytes = 48;
/** What stands for content that is not in the slot. */
const outsideBytes = 160;

/** Of more elements than these, the rest is taken to be like them. */
const sampledMax = 16;

/** About how many bytes of memory a value takes that a slot holds: plain data, or what keeps lists, maps, timers and times. */
export function memorySize(content: unknown): number {
  switch (typeof content) {
    case 'string':
      return objectBytes + content.length;
    case 'object':
      return content === null ? 0 : sizeOfObject(content);
    case 'number':
      return fieldBytes;
    default:
      return objectBytes;
  }
}

function sizeOfObject(content: object): number {
  if (Array.isArray(content)) return objectBytes + sizeOfAll(content, content.length, 8);
  if (content instanceof Uint8Array) return 3 * objectBytes + content.length;
  if (content instanceof CanonicalMap) return sizeOfMap(content);
  if ('isOutside' in content) return outsideBytes;
  if (content instanceof TimedCell) return objectBytes + memorySize(content.value);
  if (content instanceof TimedList) return 2 * objectBytes + sizeOfAll(content.values, content.values.length, 24);
  if (content instanceof TimedMap) return objectBytes + sizeOfMap(content.cells);
  if (content instanceof DiskKeyTimers) return 2 * objectBytes + sizeOfAll(content.list, content.list.length, 8);
  let bytes = objectBytes;
  for (const field of Object.values(content)) bytes += typeof field === 'number' ? fieldBytes : 8 + memorySize(field);
  return bytes;
}

const sizeOfMap = (map: CanonicalMap<unknown, unknown>): number =>
  2 * objectBytes + sizeOfAll(map.entries(), map.size, mapEntryBytes);

function sizeOfAll(values: Iterable<unknown>, count: number, eachBytes: number): number {
  let seen = 0;
  let bytes = 0;
  for (const value of values) {
    if (seen === sampledMax) break;
    seen += 1;
    bytes += eachBytes + memorySize(value);
  }
  return seen === 0 ? 0 : (bytes / seen) * count;
}
