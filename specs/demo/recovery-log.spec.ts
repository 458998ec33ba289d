import { describe, expect, it } from 'vitest';
import { RecoveryLog } from '../../scripts/demo/recovery-log.js';

/** A log in which kills were noticed and healed after so many milliseconds. */
function logOf(...kills: readonly (readonly [noticedMs: number, newRecordMs: number])[]): RecoveryLog {
  const log = new RecoveryLog();
  for (const [index, [noticedMs, newRecordMs]] of kills.entries()) {
    const atMs = index * 10_000;
    log.killed('tm-1', ['count#0'], atMs);
    log.enter('pausing', atMs + noticedMs);
    log.enter('running', atMs + newRecordMs - 5);
    log.firstRecord('count#0', atMs + newRecordMs);
  }
  return log;
}

describe('demo: what is told of recoveries', () => {
  it('nothing was killed: there is nothing to tell', () => {
    const log = logOf();
    log.enter('running', 5);
    expect([log.detection(), log.recovery(), log.text(), log.restarts]).toEqual([null, null, '', 0]);
  });

  it('median and slowest over the kills', () => {
    expect(logOf([400, 900]).recovery()).toEqual({ medianMs: 900, slowestMs: 900 });
    const log = logOf([500, 1_000], [100, 700], [300, 2_000]);
    expect(log.detection()).toEqual({ medianMs: 300, slowestMs: 500 });
    expect(log.recovery()).toEqual({ medianMs: 1_000, slowestMs: 2_000 });
    expect(logOf([100, 700], [200, 800]).recovery()).toEqual({ medianMs: 750, slowestMs: 800 });
    expect(log.restarts).toBe(3);
  });

  it('a recovery ends with the first new record of everything that was lost, and of nothing else', () => {
    const log = new RecoveryLog();
    log.firstRecord('count#1', 50);
    log.killed('tm-1', ['count#0', 'count#1'], 100);
    log.enter('pausing', 300);
    for (const [subtask, atMs] of [
      ['count#0', 900],
      ['count#2', 950],
      ['count#1', 1_000],
      ['count#0', 1_100],
    ] as const)
      log.firstRecord(subtask, atMs);
    expect(log.recovery()).toEqual({ medianMs: 900, slowestMs: 900 });
    expect(log.text()).toContain('+900 ms  first new record in count#0, count#1');
  });

  it('one kill that nobody recovered from leaves no median', () => {
    const log = logOf([400, 900]);
    log.killed('tm-2', ['count#1'], 50_000);
    expect([log.detection(), log.recovery()]).toEqual([null, null]);
  });
});
