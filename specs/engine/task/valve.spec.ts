import { describe, expect, it } from 'vitest';
import { maxWatermark } from '../../../src/operators/operator.js';
import { Valve } from '../../../src/task/gate/valve.js';

const nothing = { watermark: null, idle: null };

describe('valve: the watermark of a task', () => {
  it('is unknown until every channel has said one, then the least of them', () => {
    const valve = new Valve(2);
    expect(valve.advance(0, 10)).toEqual(nothing);
    expect(valve.advance(1, 5)).toEqual({ watermark: 5, idle: null });
    expect(valve.advance(1, 20)).toEqual({ watermark: 10, idle: null });
  });

  it('never falls, and is not repeated', () => {
    const valve = new Valve(1);
    valve.advance(0, 10);
    expect(valve.advance(0, 10)).toEqual(nothing);
    expect(valve.advance(0, 3)).toEqual(nothing);
    expect(valve.watermark).toBe(10);
  });

  it('does not wait for an idle channel', () => {
    const valve = new Valve(2);
    valve.advance(0, 10);
    expect(valve.setIdle(1, true)).toEqual({ watermark: 10, idle: null });
    expect(valve.advance(0, 12)).toEqual({ watermark: 12, idle: null });
  });

  it('puts out the greatest watermark before the input as a whole falls idle', () => {
    const valve = new Valve(2);
    valve.advance(0, 10);
    valve.advance(1, 5);
    valve.setIdle(0, true);
    expect(valve.setIdle(1, true)).toEqual({ watermark: 10, idle: true });
    expect(valve.setIdle(0, false)).toEqual({ watermark: null, idle: false });
  });

  it('counts a channel that comes back only once it has caught up', () => {
    const valve = new Valve(2);
    valve.advance(0, 10);
    valve.advance(1, 5);
    valve.setIdle(1, true);
    valve.advance(0, 20);
    valve.setIdle(1, false);
    // At 5 it is far behind; it must neither pull the watermark back nor hold it.
    expect(valve.advance(0, 21)).toEqual({ watermark: 21, idle: null });
    valve.advance(1, 15);
    expect(valve.advance(0, 25)).toEqual({ watermark: 25, idle: null });
    expect(valve.advance(1, 26)).toEqual(nothing);
    expect(valve.advance(0, 30)).toEqual({ watermark: 26, idle: null });
  });

  it('is not moved by a finished channel while another is idle', () => {
    // The known hole: a finished channel that counts as maximal makes every later record of the idle one late.
    const valve = new Valve(2);
    valve.advance(0, 10);
    valve.advance(1, 5);
    valve.setIdle(1, true);
    expect(valve.advance(0, maxWatermark)).toEqual({ watermark: null, idle: true });
    expect(valve.watermark).toBe(10);
    expect(valve.setIdle(1, false)).toEqual({ watermark: null, idle: false });
    expect(valve.advance(1, 11)).toEqual({ watermark: 11, idle: null });
  });

  it('goes on with the others when one finishes', () => {
    const valve = new Valve(3);
    valve.advance(0, 10);
    valve.advance(1, 5);
    valve.advance(2, 7);
    expect(valve.finish(1)).toEqual({ watermark: 7, idle: null });
    expect(valve.finish(2)).toEqual({ watermark: 10, idle: null });
  });

  it('is the maximal one when all have finished, and only then', () => {
    const valve = new Valve(2);
    expect(valve.advance(0, maxWatermark)).toEqual(nothing);
    expect(valve.finish(1)).toEqual({ watermark: maxWatermark, idle: null });
    expect(valve.finish(1)).toEqual(nothing);
    expect(valve.advance(1, 7)).toEqual(nothing);
  });

  it('starts unknown after a restore: a silent channel holds it back', () => {
    const valve = new Valve(2);
    valve.finish(0);
    expect(valve.advance(1, 3)).toEqual({ watermark: 3, idle: null });
    expect(new Valve(2).advance(0, 100)).toEqual(nothing);
  });
});
