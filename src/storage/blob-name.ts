import type { Failure } from '../../actors/kernel/failure.js';
import { failure } from '../../actors/kernel/failure.js';

/** Longest part of a name that every file system takes. */
const partBytesMax = 255;

/**
 * Null when the name can be stored everywhere; otherwise a failure that quotes it. Names are relative, `/`-separated, and stay
 * below where the store lives.
 */
export function blobNameFailure(name: string): Failure | null {
  const wrong = wrongIn(name);
  if (wrong === null) return null;
  const message = `${JSON.stringify(name)} cannot name a blob: ${wrong}. Names are relative parts joined by '/'.`;
  return failure('BLOB_NAME_INVALID', 'internal', message, 'never');
}

function wrongIn(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.includes('\0')) return 'it contains NUL';
  if (name.includes('\\')) return "it contains '\\'";
  if (name.startsWith('/')) return 'it is absolute';
  for (const part of name.split('/')) {
    if (part === '') return 'one of its parts is empty';
    if (part === '.' || part === '..') return `'${part}' would lead out of its place`;
    if (part.startsWith('.writing')) return "'.writing' is where unfinished blobs lie";
    if (new TextEncoder().encode(part).byteLength > partBytesMax) return `a part is longer than ${partBytesMax} bytes`;
  }
  return null;
}
