import type { UserMetric, UserMetricValue } from '../ports/user-metric.js';
import { StateFailure } from '../state/state-failure.js';
import type { Counter, Histogram, Meter, Metrics } from './metrics.js';

const metricsMax = 100;
const boundsMax = 30;
const namePattern = /^[a-zA-Z_]\w{0,99}$/;
const defaultBounds: readonly number[] = [
  0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000,
];
const meterMs = 60_000;
const samplesMax = 120;

/** One metric as reports read it. */
interface Known {
  readonly operator: string;
  readonly name: string;
  readonly kind: UserMetricValue['kind'];
  readonly handle: unknown;
  /** Null when it has no value just now. */
  read(nowMs: number): UserMetricValue | null;
}

/** The metrics that the code of one subtask has asked for. */
export class UserMetrics {
  private readonly known = new Map<string, Known>();

  /** Those of one operator. */
  of(operator: string): Metrics {
    const add = <H>(name: string, kind: Known['kind'], create: () => Pick<Known, 'handle' | 'read'>): H => {
      const key = `${operator} ${name}`;
      const known = this.known.get(key) ?? this.add(key, { operator, name, kind, ...create() });
      if (known.kind === kind) return known.handle as H;
      throw refusal(
        'METRIC_CONFLICT',
        `metric '${name}' of operator '${operator}' is a ${known.kind} already, and was asked for as ${kind}`,
      );
    };
    return {
      counter: (name) => add(name, 'counter', counter),
      gauge: (name, read) => add(name, 'gauge', () => gauge(read)),
      meter: (name) => add(name, 'meter', meter),
      histogram: (name, bounds = defaultBounds) => add(name, 'histogram', () => histogram(name, bounds)),
    };
  }

  /** As they stand now. */
  values(nowMs: number): readonly UserMetric[] {
    return [...this.known.values()].flatMap(({ operator, name, read }) => {
      const value = read(nowMs);
      return value === null ? [] : [{ operator, name, ...value }];
    });
  }

  private add(key: string, metric: Known): Known {
    if (!namePattern.test(metric.name)) {
      throw refusal(
        'METRIC_NAME',
        `'${metric.name}' is no name for a metric; letters, digits and underscores are, up to 100 of them`,
      );
    }
    if (this.known.size >= metricsMax) {
      throw refusal(
        'METRICS_TOO_MANY',
        `operator '${metric.operator}' asked for metric '${metric.name}', and its subtask has ${metricsMax} already; ` +
          'do not make names of what records hold',
      );
    }
    this.known.set(key, metric);
    return metric;
  }
}

const refusal = (code: string, message: string): StateFailure => new StateFailure(code, 'user', message);

function counter(): Pick<Known, 'handle' | 'read'> {
  let count = 0;
  const handle: Counter = {
    get count() {
      return count;
    },
    inc: (by = 1) => {
      if (by > 0) count += by;
    },
  };
  return { handle, read: () => ({ kind: 'counter', value: count }) };
}

function gauge(readValue: () => number): Pick<Known, 'handle' | 'read'> {
  return {
    handle: undefined,
    read: () => {
      try {
        const value = readValue();
        return typeof value === 'number' ? { kind: 'gauge', value } : null;
      } catch {
        // A report must not fail for it, and goes on without.
        return null;
      }
    },
  };
}

function meter(): Pick<Known, 'handle' | 'read'> {
  let count = 0;
  let samples: { readonly atMs: number; readonly count: number }[] = [];
  const handle: Meter = {
    get count() {
      return count;
    },
    mark: (events = 1) => {
      if (events > 0) count += events;
    },
  };
  return {
    handle,
    read: (nowMs) => {
      samples = samples.filter(({ atMs }) => atMs >= nowMs - meterMs).slice(1 - samplesMax);
      samples.push({ atMs: nowMs, count });
      const [oldest] = samples;
      const passedMs = nowMs - (oldest?.atMs ?? nowMs);
      const perSecond = passedMs <= 0 ? 0 : ((count - (oldest?.count ?? 0)) * 1_000) / passedMs;
      return { kind: 'meter', count, perSecond };
    },
  };
}

function histogram(name: string, bounds: readonly number[]): Pick<Known, 'handle' | 'read'> {
  const isAscending = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] as number));
  if (bounds.length === 0 || bounds.length > boundsMax || !isAscending || !bounds.every(Number.isFinite)) {
    throw refusal('METRIC_BOUNDS', `histogram '${name}' needs 1 to ${boundsMax} ascending numbers as its bounds`);
  }
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  const handle: Histogram = {
    get count() {
      return count;
    },
    update: (value) => {
      count += 1;
      sum += value;
      const at = bounds.findIndex((bound) => value <= bound);
      if (at >= 0) (counts[at] as number) += 1;
    },
  };
  return {
    handle,
    read: () => {
      let below = 0;
      const buckets = bounds.map((upTo, index) => {
        below += counts[index] as number;
        return { upTo, count: below };
      });
      return { kind: 'histogram', count, sum, buckets };
    },
  };
}
