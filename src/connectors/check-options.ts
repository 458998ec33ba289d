/** Throws when an option given by a job's author cannot be what it is meant to be; names the option and quotes the value. */
export function checkPositive(where: string, option: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return;
  throw new RangeError(`${where}: ${option} must be a number above 0, but is ${value}`);
}

/** As `checkPositive`, for whole numbers. */
export function checkCount(where: string, option: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new RangeError(`${where}: ${option} must be a whole number of at least ${least}, but is ${value}`);
}
