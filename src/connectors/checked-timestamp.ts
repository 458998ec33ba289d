/** The event time that a job's own function gave; throws when it is no time, because every window downstream would go wrong. */
export function checkedTimestamp(timestampMs: number): number {
  if (Number.isFinite(timestampMs)) return timestampMs;
  throw new RangeError(
    `timestamp() gave ${timestampMs}; it must give milliseconds as a finite number for every record`,
  );
}
