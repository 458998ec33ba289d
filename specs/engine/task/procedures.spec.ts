import { describe, expect, it } from 'vitest';
import { type Procedure, Procedures, until } from '../../../src/task/operator/procedures.js';

describe('procedures', () => {
  it('what a wait throws is thrown where the procedure waits', () => {
    const procedures = new Procedures();
    const caught: unknown[] = [];
    let isBroken = false;
    const isOpen = (): boolean => {
      if (isBroken) throw new Error('no room');
      return false;
    };
    procedures.begin(
      (function* (): Procedure {
        try {
          yield* until(isOpen);
        } catch (error) {
          caught.push(error);
        }
      })(),
    );
    expect(procedures.advance()).toBe(false);
    isBroken = true;
    expect(procedures.advance()).toBe(true);
    expect(caught).toEqual([new Error('no room')]);
  });
});
