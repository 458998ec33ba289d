import type { UserMetric } from '../ports/user-metric.js';
import type { MadeFamily, MadeSample } from './metric-registry.js';
import type { SubtaskFacts } from './slot-facts.js';

interface Made {
  readonly name: string;
  readonly type: MadeFamily['type'];
  readonly samples: readonly MadeSample[];
}

/**
 * The metrics of jobs' own code, as families by name. One name means one type in Prometheus: where two jobs use a name for different things, the
 * later one is left out.
 */
export function userFamilies(
  subtasks: readonly SubtaskFacts[],
  labelsOf: (facts: SubtaskFacts) => MadeSample['labels'],
): readonly MadeFamily[] {
  const families = new Map<string, { readonly type: Made['type']; readonly samples: MadeSample[] }>();
  for (const facts of subtasks) {
    for (const metric of facts.counts.user) {
      for (const { name, type, samples } of made(metric, { ...labelsOf(facts), operator: metric.operator })) {
        const family = families.get(name) ?? { type, samples: [] };
        families.set(name, family);
        if (family.type === type) family.samples.push(...samples);
      }
    }
  }
  return [...families].map(([name, { type, samples }]) => ({
    name,
    type,
    samples,
    help: `A ${type} of a job's own code.`,
  }));
}

function made(metric: UserMetric, labels: MadeSample['labels']): readonly Made[] {
  const name = `weirflow_user_${metric.name}`;
  const single = (suffix: string, type: Made['type'], value: number): Made => ({
    name: name + suffix,
    type,
    samples: [{ labels, value }],
  });
  switch (metric.kind) {
    case 'counter':
      return [single('_total', 'counter', metric.value)];
    case 'gauge':
      return [single('', 'gauge', metric.value)];
    case 'meter':
      return [single('_total', 'counter', metric.count), single('_per_second', 'gauge', metric.perSecond)];
    case 'histogram': {
      const bucket = (le: string, value: number): MadeSample => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le },
        value,
      });
      const samples = [
        ...metric.buckets.map(({ upTo, count }) => bucket(String(upTo), count)),
        bucket('+Inf', metric.count),
        { metricName: `${name}_sum`, labels, value: metric.sum },
        { metricName: `${name}_count`, labels, value: metric.count },
      ];
      return [{ name, type: 'histogram', samples }];
    }
  }
}
