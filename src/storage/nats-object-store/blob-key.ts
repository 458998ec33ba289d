/**
 * A blob's name as a key of a NATS bucket, and back. `/` becomes `.`, which separates the tokens of a subject, so that what lies under
 * a prefix can be asked for; of each part, bytes other than letters, digits, `_` and `-` are written `=2E`.
 */
export const keyOf = (name: string): string => name.split('/').map(encodePart).join('.');

export const nameOf = (key: string): string => key.split('.').map(decodePart).join('/');

/** Keys are in a line of the protocol, of which a server takes 4,096 bytes. */
export const keyCharactersMax = 2_000;

const encodePart = (part: string): string => part.replace(/[^A-Za-z0-9_-]/gu, (character) => encodeBytes(character));

const encodeBytes = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

const decodePart = (part: string): string =>
  part.replace(/(=[0-9A-F]{2})+/g, (encoded) => Buffer.from(encoded.replaceAll('=', ''), 'hex').toString());
