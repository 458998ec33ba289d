import type { StoredContent } from '../state/group-image.js';

/** What one window of one key holds, or one pane of windows that slide. */
export interface SavedWindow<K, C> {
  readonly key: K;
  /** Milliseconds; null for a window over all time. */
  readonly start: number | null;
  /** The first millisecond after it; null where only the code of the job knows. */
  readonly end: number | null;
  /** It is a part that several windows share. */
  readonly isPane: boolean;
  /** What was folded, as one element; or all records, with their timestamps where there is an evictor. */
  readonly contents: readonly C[];
}

/** Operator state of operators with windows. */
interface WindowItem {
  readonly layout?: unknown;
}

/** The windows of one key; `items` is the operator state, which says how contents stand. */
export function* windowsOf<K, C>(
  key: K,
  content: StoredContent,
  items: readonly unknown[],
): Generator<SavedWindow<K, C>> {
  if (content.kind !== 'map') return;
  const layout = layoutOf(items);
  const isFolded = /, folded( by panes)?$/.test(layout);
  const isPane = layout.endsWith(' by panes');
  for (const [namespace, value] of content.entries) {
    // Records stand in pieces.
    const contents = isFolded ? [value as C] : (value as readonly (readonly C[])[]).flat();
    yield { key, ...boundsOf(namespace, layout, isPane), isPane, contents };
  }
}

function boundsOf(
  namespace: unknown,
  layout: string,
  isPane: boolean,
): Pick<SavedWindow<never, never>, 'start' | 'end'> {
  if (Array.isArray(namespace)) return { start: Number(namespace[0]), end: Number(namespace[1]) };
  if (layout.startsWith('global windows')) return { start: null, end: null };
  const start = Number(namespace);
  const sizeMs = isPane ? null : /^(?:tumbling|sliding) windows of (\d+) ms/.exec(layout)?.[1];
  return { start, end: sizeMs == null ? null : start + Number(sizeMs) };
}

function layoutOf(items: readonly unknown[]): string {
  const [item] = items as readonly WindowItem[];
  return typeof item?.layout === 'string' ? item.layout : '';
}
