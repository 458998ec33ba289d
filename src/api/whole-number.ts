import { mistake } from './engine-error.js';

/** `value`, when it is a whole number in the range; otherwise throws OPTION_RANGE, naming the option and the range. */
export function wholeNumber(option: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw mistake('OPTION_RANGE', `${option} is ${value}. Give a whole number ${range}.`);
}
