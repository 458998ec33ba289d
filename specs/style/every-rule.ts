import * as habits from './habit-rules.js';
import * as layers from './layers.js';
import * as namesAndSizes from './name-and-size-rules.js';
import type { Rule } from './rule.js';
import * as world from './world-rules.js';

export const everyRule: readonly Rule[] = [layers, world, habits, namesAndSizes].flatMap((rules) =>
  Object.values(rules),
);
