import { describe, expect, it } from 'vitest';
import { JobHistory } from '../../scripts/chaos/job-history.js';

/** What a job manager says, so many milliseconds after a moment. */
const line = (atMs: number, text: string): string => `${new Date(1_000_000 + atMs).toISOString()} ${text}`;

function historyOf(lines: readonly (readonly [number, string])[], told: string[] = []): JobHistory {
  const history = new JobHistory('ledger', (text) => told.push(text));
  for (const [atMs, text] of lines) history.hear(line(atMs, text));
  return history;
}

const begun = [
  [0, 'job ledger created'],
  [10, 'job ledger deploying'],
  [20, 'job ledger running'],
] as const;

describe('chaos: the history of a job', () => {
  it('the first start is no recovery; another job and a wait for slots are none of its states', async () => {
    const history = historyOf([...begun, [30, 'job readings pausing'], [40, 'job ledger waits for slots: 1 of 2']]);
    await history.running;
    expect(history).toMatchObject({ state: 'running', restarts: 0, slowestRecoveryMs: null });
  });

  it('a recovery that is disturbed is one, from leaving its work to being back at it', () => {
    const told: string[] = [];
    const states = ['pausing: tm-1 is lost', 'backingOff', 'pausing: tm-2 is lost', 'redistributing', 'running'];
    const recovery = states.map((state, i) => [100 + 50 * i, `job ledger ${state}`] as const);
    expect(historyOf([...begun, ...recovery], told)).toMatchObject({ restarts: 1, slowestRecoveryMs: 200 });
    expect(told).toEqual([
      'ledger back at work after 200 ms: pausing 50, backingOff 50, pausing 50, redistributing 50',
    ]);
  });

  it('a job manager that is killed leaves it without a leader until the next one has it at work', () => {
    const history = historyOf(begun);
    history.orphaned(1_000_500);
    expect(history.state).toBe('without a leader');
    history.hear(line(900, 'job ledger created'));
    history.hear(line(1_000, 'job ledger running'));
    expect(history).toMatchObject({ restarts: 1, slowestRecoveryMs: 500 });
  });

  it('it ends by what is said, or by what the cluster answers where nobody lived to say it', async () => {
    await historyOf([...begun, [30, 'job ledger ended: finished']]).ended;
    await expect(historyOf([...begun, [30, 'job ledger ended: failed, X: no']]).ended).rejects.toThrow('failed, X: no');
    const asked = historyOf(begun);
    asked.end('finished');
    await asked.ended;
  });
});
