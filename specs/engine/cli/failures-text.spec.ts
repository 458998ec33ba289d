import { describe, expect, it } from 'vitest';
import { failure } from '../../../actors/kernel/failure.js';
import { jobRun } from '../../../actors/protocol/ids.js';
import type { PastFailure } from '../../../actors/protocol/past-failure.js';
import { failuresText } from '../../../src/cli/failures-text.js';

const ofTask: PastFailure = {
  ...{ run: jobRun(3, 2), atMs: Date.UTC(2026, 10, 20, 13, 5, 9, 400), where: 'v2#1', vertex: 'mean-delay' },
  ...{ process: 'tm-2', slot: 0, class: 'code', failure: failure('USER_ERROR', 'user', 'x is not a function') },
};
const ofLeader: PastFailure = {
  ...{ run: jobRun(4, 1), atMs: ofTask.atMs + 61_000, where: 'checkpoint-coordinator', vertex: null },
  ...{ process: null, slot: null, class: 'engine', failure: failure('CHECKPOINTS_FAILED', 'internal', 'too late') },
};

describe('failures: as weir info prints them', () => {
  it('when, in which run, what, and where it ran; the last one first', () => {
    expect(failuresText([ofTask, ofLeader])).toBe(
      [
        'FAILED AT            RUN  WHAT                    ON      CLASS   FAILURE',
        '2026-11-20 13:06:10  4.1  checkpoint-coordinator  -       engine  CHECKPOINTS_FAILED: too late',
        '2026-11-20 13:05:09  3.2  mean-delay (v2#1)       tm-2/0  code    USER_ERROR: x is not a function',
      ].join('\n'),
    );
    expect(failuresText([])).toBe('');
  });
});
