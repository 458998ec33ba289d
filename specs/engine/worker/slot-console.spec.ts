import { describe, expect, it } from 'vitest';
import { BoundedLines } from '../../../src/runtime/worker/slot-console.js';
import { World } from '../task/world.js';

describe('console of a slot', () => {
  it('passes a thousand lines a second, and says how many more there were', () => {
    const world = new World();
    const lines: string[] = [];
    const bounded = new BoundedLines((level, text) => lines.push(`${level} ${text}`), world.clock);
    const say = (count: number): void => {
      for (let index = 0; index < count; index += 1) bounded.say('info', ['line %d of', index, { a: [1] }]);
    };
    say(2_500);
    expect(lines).toHaveLength(1_000);
    expect(lines[1]).toBe('info line 1 of { a: [ 1 ] }');
    world.runFor(999);
    say(10);
    expect(lines).toHaveLength(1_000);
    world.runFor(1);
    expect(lines.at(-1)).toBe('warn 1510 more lines of this console were left out: at most 1000 a second are kept');
    say(700);
    world.runFor(1_000);
    say(700);
    expect(lines).toHaveLength(1_001 + 1_400);
  });
});
