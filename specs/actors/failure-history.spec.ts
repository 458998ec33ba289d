import { describe, expect, it } from 'vitest';
import { failureHistoryActor } from '../../actors/failure-history/machine.js';
import type { FailureHistoryInput } from '../../actors/failure-history/messages.js';
import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { jobRun } from '../../actors/protocol/ids.js';
import type { FailureRecord, PastFailure } from '../../actors/protocol/past-failure.js';
import { Driver } from './driver.js';

const epoch = 3;
const jobMaster = 'job-master/flights';

const past = (round: number, of = epoch, text = 'x is not a function'): PastFailure => ({
  ...{ run: jobRun(of, round), atMs: 1_000 * of + round, where: 'count#0', vertex: 'count', process: 'tm-1', slot: 0 },
  ...{ failure: failure('TYPE_ERROR', 'user', text), class: 'code' },
});
const keyOf = (index: number): string => `jobs/flights/failures/${String(index).padStart(8, '0')}`;
const recordOf = (of: number, ...failures: readonly PastFailure[]): FailureRecord => ({
  ...{ format: 1, job: 'flights', epoch: of, failures },
});

/** The actor over a store that keeps its promises when it is told to. */
class History extends Driver {
  readonly store = new Map<string, unknown>();

  constructor(input: Partial<FailureHistoryInput> = {}, store: Readonly<Record<string, unknown>> = {}) {
    super(failureHistoryActor, {
      ...{ job: 'flights', epoch, options: defaultClusterOptions, failures: [] },
      ...input,
    } satisfies FailureHistoryInput);
    for (const [key, record] of Object.entries(store)) this.store.set(key, record);
  }

  note(each: PastFailure): this {
    this.tell({ type: 'failureHistory.note', failure: each } as AnyMessage);
    return this;
  }

  /** What is asked of the store and not answered. */
  get asked() {
    const all = this.history.filter((effect) => effect.kind.startsWith('record.'));
    return all.at(-1) as { kind: string; request: string; key?: string; record?: FailureRecord };
  }

  get history() {
    return [...this.of('record.list'), ...this.of('record.read'), ...this.of('record.create')].sort(
      (a, b) => Number(a.request.split('/').at(-1)) - Number(b.request.split('/').at(-1)),
    );
  }

  says(type: string, more: object = {}): this {
    this.tell({ type, request: this.asked.request, ...more } as AnyMessage);
    return this;
  }

  /** The store does what is asked. */
  stores(): this {
    const { kind, key = '', record } = this.asked;
    const kept = this.store.get(key);
    if (kind === 'record.list') return this.says('record.listed', { keys: [...this.store.keys()] });
    if (kind === 'record.read')
      return this.says(kept === undefined ? 'record.missing' : 'record.read', { record: kept });
    if (kept !== undefined) return this.says('record.exists', { record: kept });
    this.store.set(key, record);
    return this.says('record.created');
  }

  /** Until nothing is asked. */
  rests(): this {
    this.fire('rest');
    return this;
  }
}

/** Nothing is kept of before. */
const fresh = (): History => new History().stores().rests();
const told = (history: History) => history.told(jobMaster);

describe('failure-history: what one leader keeps', () => {
  it('a failure is written at once; what fails in the second after it is in one record more', () => {
    const history = fresh();
    expect(history.value).toBe('idle');
    history.note(past(1));
    expect(history.asked).toMatchObject({ key: keyOf(0), record: recordOf(epoch, past(1)) });
    // Ten a second: while one is being written, and while the store rests.
    for (let round = 2; round <= 6; round++) history.note(past(round));
    history.stores();
    expect([history.value, Object.values(history.running)]).toEqual(['resting', [1_000]]);
    for (let round = 7; round <= 11; round++) history.note(past(round));
    expect(history.of('record.create')).toHaveLength(1);
    history.rests();
    expect(history.asked).toMatchObject({ key: keyOf(1) });
    expect(history.asked.record?.failures).toHaveLength(11);
    history.stores().rests();
    expect([history.value, history.of('record.create').length]).toEqual(['idle', 2]);
  });

  it('the newest 16, as they read, without stacks; only two records stand at a time', () => {
    const history = fresh();
    for (let round = 1; round <= 20; round++) {
      const long = { ...past(round), failure: { ...past(round).failure, stack: 'at x', message: 'm'.repeat(5_000) } };
      history.note(long).stores().rests();
    }
    const newest = history.store.get(keyOf(19)) as FailureRecord;
    expect(newest.failures.map(({ run }) => run)).toEqual(
      Array.from({ length: 16 }, (_, index) => jobRun(epoch, 5 + index)),
    );
    expect(JSON.stringify(newest).length).toBeLessThan(20_000);
    expect(newest.failures.every(({ failure: { stack } }) => stack === '')).toBe(true);
    expect(history.of('blobs.delete').flatMap(({ names }) => names)).toEqual(
      Array.from({ length: 18 }, (_, index) => keyOf(index)),
    );
  });

  it('the store refuses, or is silent: tried once a second, and nothing is lost', () => {
    const history = fresh().note(past(1));
    history.says('record.failed', { failure: failure('STORE_FULL', 'infrastructure', 'no space') });
    expect(Object.values(history.running)).toEqual([1_000]);
    history.note(past(2)).rests();
    history.says('record.unknown').rests();
    // It had taken place: what stands there is ours, and older than what is known.
    history.store.set(keyOf(0), recordOf(epoch, past(1)));
    history.note(past(3)).stores();
    expect(history.value).toBe('resting');
    history.rests().stores().rests();
    expect(history.value).toBe('idle');
    expect(history.store.get(keyOf(1))).toEqual(recordOf(epoch, past(1), past(2), past(3)));
    // Silence.
    history.note(past(4)).fire('silence');
    expect(history.value).toBe('resting');
    history.rests().stores();
    expect((history.store.get(keyOf(2)) as FailureRecord).failures).toHaveLength(4);
  });

  it('the end of the job: its result has them, and the records go', () => {
    const end = { type: 'failureHistory.end' } as AnyMessage;
    const history = fresh().note(past(1)).stores().rests().note(past(2));
    history.tell(end);
    expect(history.done).toBe(false);
    history.stores();
    expect(history.done).toBe(true);
    expect(history.of('blobs.delete').flatMap(({ names }) => names)).toEqual([keyOf(0), keyOf(1)]);
    const idle = fresh();
    idle.tell(end);
    expect([idle.done, idle.of('blobs.delete')]).toEqual([true, []]);
  });
});

describe('failure-history: a change of leader', () => {
  it('what earlier leaders have kept comes before what has failed since, and is said once', () => {
    const store = { [keyOf(6)]: recordOf(1, past(1, 1)), [keyOf(7)]: recordOf(2, past(1, 1), past(4, 2)) };
    const history = new History({}, store).note(past(1)).stores().stores();
    expect(told(history)).toEqual([{ type: 'failureHistory.recalled', failures: [past(1, 1), past(4, 2)] }]);
    history.rests().stores();
    expect(history.store.get(keyOf(8))).toEqual(recordOf(epoch, past(1, 1), past(4, 2), past(1)));
    expect(history.of('blobs.delete').flatMap(({ names }) => names)).toEqual([keyOf(6)]);
  });

  it('the newest record is damaged: the one before it counts; all are: nothing does, and their names stay taken', () => {
    const damaged = { failure: failure('RECORD_DAMAGED', 'infrastructure', 'crc32', 'never') };
    const store = { [keyOf(6)]: recordOf(1, past(1, 1)), [keyOf(7)]: 'damaged' };
    const history = new History({}, store).stores().says('record.failed', damaged).stores();
    expect(told(history)).toEqual([{ type: 'failureHistory.recalled', failures: [past(1, 1)] }]);
    history.note(past(1)).rests();
    expect(history.asked.key).toBe(keyOf(8));
    const none = new History({}, { [keyOf(7)]: 'damaged' }).note(past(1)).stores().says('record.failed', damaged);
    none.rests();
    expect([told(none), none.asked.key]).toEqual([[], keyOf(8)]);
  });

  it('the store is away when it asks: it asks again, and failures wait in memory', () => {
    const history = new History({ failures: [past(1)] }, { [keyOf(0)]: recordOf(2, past(4, 2)) });
    history.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'EIO') });
    expect(history.value).toBe('resting');
    history.rests();
    expect(history.value).toBe('recalling');
    history.fire('silence');
    history.rests().stores().says('record.missing');
    history.rests().stores().stores().rests().stores();
    expect(history.store.get(keyOf(1))).toEqual(recordOf(epoch, past(4, 2), past(1)));
  });

  it('the leader before still writes: its failures are taken over; one that follows is left alone', () => {
    const history = fresh().note(past(1));
    history.store.set(keyOf(0), recordOf(2, past(9, 2)));
    history.stores().rests().stores();
    expect(history.store.get(keyOf(1))).toEqual(recordOf(epoch, past(9, 2), past(1)));
    const late = fresh().note(past(1));
    late.store.set(keyOf(0), recordOf(4, past(1, 4)));
    late.stores();
    expect([late.done, late.of('blobs.delete')]).toEqual([true, []]);
  });
});
