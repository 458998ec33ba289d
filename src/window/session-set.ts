import type { TimeWindow } from './window.js';

/** A window that merges: from when to when, and where its contents are, named by the start of the first record that made it. */
export type Session = readonly [start: number, end: number, home: number];

/** What a new window comes to among those that are there. */
export interface Joined {
  readonly session: Session;
  /** Those that become one with it, the earliest first; empty when it stands alone, or lies in one that stays as it is. */
  readonly merged: readonly Session[];
  /** It stands alone. */
  readonly isNew: boolean;
}

/**
 * Joins a window with all that it touches: the end of one may be the start of the other. Windows that are there do not touch each other,
 * so that each home, which lies in its window, is the home of one.
 */
export function join(sessions: readonly Session[], { start, end }: TimeWindow): Joined {
  let first: Session | undefined;
  let touched = 0;
  let from = start;
  let to = end;
  for (const session of sessions) {
    if (session[0] > end || start > session[1]) continue;
    first ??= session;
    touched += 1;
    if (session[0] < from) from = session[0];
    if (session[1] > to) to = session[1];
  }
  if (first === undefined) return { session: [start, end, start], merged: none, isNew: true };
  if (from === first[0] && to === first[1]) return { session: first, merged: none, isNew: false };
  const merged = touched === 1 ? [first] : sessions.filter((each) => each[0] <= end && start <= each[1]);
  return { session: [from, to, first[2]], merged, isNew: false };
}

const none: readonly Session[] = [];

/** All of them after that, by time. */
export function withJoined(sessions: readonly Session[], { session, merged }: Joined): readonly Session[] {
  if (merged.length === sessions.length) return [session];
  return [...sessions.filter((each) => !merged.includes(each)), session].sort(([a], [b]) => a - b);
}
