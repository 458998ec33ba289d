/** What is left of `value` after as many whole `step` as fit below it: never negative, so that time before 1970 is cut like time after it. */
function floorModulo(value: number, step: number): number {
  const rest = value % step;
  return rest < 0 ? rest + step : rest;
}

/** The last moment at or before `time` that is `offset` away from a multiple of `step`. */
export function alignedStart(time: number, step: number, offset: number): number {
  // The 0 makes a 0 of −0.
  return time - floorModulo(time - offset, step) + 0;
}
