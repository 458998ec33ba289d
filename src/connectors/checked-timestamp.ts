/**
 * The millisecond that a job's own function gave as event time; throws when it is no time, because every window downstream would go wrong. Event time is in whole milliseconds: a
 * window is complete with its last one.
 */
export function checkedTimestamp(timestampMs: number): number {
  if (Number.isFinite(timestampMs)) return Math.floor(timestampMs);
  throw new RangeError(
    `timestamp() gave ${timestampMs}; it must give milliseconds as a finite number for every record`,
  );
}
