import { describe, expect, it } from 'vitest';
import { UserMetrics } from '../../../src/operators/user-metrics.js';

describe('metrics of user code', () => {
  it('are what was told of them, by operator and name', () => {
    const metrics = new UserMetrics();
    const { counter, gauge, histogram } = metrics.of('parse');
    counter('rejected').inc();
    counter('rejected').inc(4);
    let size = 3;
    gauge('cache_size', () => size);
    for (const value of [0.5, 7, 7, 99]) histogram('latency', [1, 10]).update(value);
    metrics.of('write').counter('rejected').inc();
    size = 5;
    expect(metrics.values(0)).toEqual([
      { operator: 'parse', name: 'rejected', kind: 'counter', value: 5 },
      { operator: 'parse', name: 'cache_size', kind: 'gauge', value: 5 },
      {
        operator: 'parse',
        name: 'latency',
        kind: 'histogram',
        count: 4,
        sum: 113.5,
        buckets: [
          { upTo: 1, count: 1 },
          { upTo: 10, count: 3 },
        ],
      },
      { operator: 'write', name: 'rejected', kind: 'counter', value: 1 },
    ]);
  });

  it('a meter has the rate of the last minute', () => {
    const metrics = new UserMetrics();
    const meter = metrics.of('parse').meter('requests');
    const rate = (nowMs: number): unknown => metrics.values(nowMs)[0];
    expect(rate(0)).toMatchObject({ count: 0, perSecond: 0 });
    meter.mark(100);
    expect(rate(10_000)).toMatchObject({ count: 100, perSecond: 10 });
    for (let nowMs = 20_000; nowMs <= 80_000; nowMs += 10_000) rate(nowMs);
    expect(rate(90_000)).toMatchObject({ count: 100, perSecond: 0 });
  });

  it('a gauge that throws has no value, and the others have', () => {
    const metrics = new UserMetrics();
    const { gauge, counter } = metrics.of('parse');
    gauge('broken', () => {
      throw new Error('no value');
    });
    counter('fine');
    expect(metrics.values(0)).toHaveLength(1);
  });

  it('are bounded in number, and refuse what Prometheus would', () => {
    const { counter, gauge, histogram } = new UserMetrics().of('parse');
    for (let n = 0; n < 100; n++) counter(`c${n}`);
    const refused = (code: string): unknown => expect.objectContaining({ code });
    expect(() => counter('one_more')).toThrow(refused('METRICS_TOO_MANY'));
    expect(() => counter('a name')).toThrow(refused('METRIC_NAME'));
    expect(() => gauge('c1', () => 0)).toThrow(refused('METRIC_CONFLICT'));
    expect(() => histogram('h', [2, 1])).toThrow(refused('METRIC_BOUNDS'));
    expect(counter('c99').count).toBe(0);
  });
});
