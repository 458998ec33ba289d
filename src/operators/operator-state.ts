import type { Operator } from './operator.js';

/** What an item of operator state is, told by its shape: each kind of operator writes its own. */
type ItemForm =
  | 'positions'
  | 'committables'
  | 'deadLetters'
  | 'calls'
  | 'lists'
  | 'windowTime'
  | 'joinTime'
  | 'watermark'
  | 'broadcast'
  | 'unknown';

/** As messages and people say it. */
const texts: Readonly<Record<ItemForm, string>> = {
  positions: 'positions of a source',
  committables: 'what a sink had to commit',
  deadLetters: 'dead letters that are not committed yet',
  calls: 'records whose answers were awaited',
  lists: 'list state',
  windowTime: 'event time of windows',
  joinTime: 'event time of a join',
  watermark: 'event time',
  broadcast: 'broadcast state',
  unknown: 'operator state',
};

/** Whether an item is of that form. */
export const isItemOf = (form: ItemForm, item: unknown): boolean => formOf(item) === form;

/** Whether an operator goes on with an item of a checkpoint; one that writes no operator state takes none. */
export const takesItem = (operator: Pick<Operator, 'takesItem'>, item: unknown): boolean =>
  operator.takesItem?.(item) ?? false;

/** What these items are, each kind once; empty for none. */
export const itemsText = (items: readonly unknown[]): string =>
  [...new Set(items.map((item) => texts[formOf(item)]))].join(', ');

interface ItemFields {
  readonly checkpoint?: unknown;
  readonly committables?: unknown;
  readonly subtask?: unknown;
  readonly parallelism?: unknown;
  readonly lists?: unknown;
  readonly id?: unknown;
}

function formOf(item: unknown): ItemForm {
  if (item === null || typeof item === 'number') return 'watermark';
  if (Array.isArray(item)) return typeof item[0] === 'string' ? 'broadcast' : 'unknown';
  if (typeof item !== 'object') return 'unknown';
  const of: ItemFields = item;
  if ('deadLetters' in of && 'subtask' in of) return 'deadLetters';
  if (of.checkpoint !== undefined && Array.isArray(of.committables)) return 'committables';
  if (typeof of.subtask === 'number' && typeof of.parallelism === 'number' && Array.isArray(of.lists)) return 'lists';
  if ('watermark' in of) return 'layout' in of ? 'windowTime' : 'joinTime';
  if ('value' in of && 'timestamp' in of) return 'calls';
  return typeof of.id === 'string' ? 'positions' : 'unknown';
}
