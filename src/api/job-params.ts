import { mistake } from './engine-error.js';

/**
 * The value given as `--name value` or `--name=value`, the last one if there are several; otherwise `fallback`. Throws PARAM_MISSING
 * when there is neither.
 */
export function readParam(params: readonly string[], name: string, fallback?: string): string {
  const flag = `--${name}`;
  for (let index = params.length - 1; index >= 0; index--) {
    const param = params[index] as string;
    if (param.startsWith(`${flag}=`)) return param.slice(flag.length + 1);
    if (param !== flag) continue;
    const value = params[index + 1];
    if (value !== undefined && !value.startsWith('--')) return value;
    throw mistake('PARAM_MISSING', `Parameter ${flag} has no value. Write ${flag} <value> or ${flag}=<value>.`);
  }
  if (fallback !== undefined) return fallback;
  throw mistake('PARAM_MISSING', `Parameter ${flag} is missing. Give it after two dashes: -- ${flag} <value>.`);
}
