import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric is called, what it means, and its values, which are asked for at each scrape and at no other time. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  samples(): readonly Sample[];
}

/** A sample of a family that is made at a scrape; `metricName` where it is not that of the family, as for parts of a histogram. */
export interface MadeSample extends Sample {
  readonly metricName?: string;
}

/** A family whose name is not known before somebody uses it. */
export interface MadeFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly MadeSample[];
}

/** The metrics of one process in the text form of Prometheus; the library that writes it shows nowhere else. */
export class MetricRegistry {
  readonly contentType: string;
  private readonly registry = new Registry();
  private made: () => readonly MadeFamily[] = () => [];

  /** `common` stands on every sample. Those of the Node process (memory, event loop, garbage collection) are in it already. */
  constructor(private readonly common: Readonly<Record<string, string>>) {
    this.contentType = this.registry.contentType;
    this.registry.setDefaultLabels({ ...common });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Something that is counted, from 0 at the start of the process or of an attempt. */
  counter({ name, help, labels, samples }: MetricFamily): void {
    new Counter({
      name,
      help,
      labelNames: labels,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const sample of samples()) this.inc({ ...sample.labels }, sample.value);
      },
    });
  }

  /** Something that is so just now. */
  gauge({ name, help, labels, samples }: MetricFamily): void {
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const sample of samples()) this.set({ ...sample.labels }, sample.value);
      },
    });
  }

  /** Families that are made anew at each scrape, beside the others. */
  making(made: () => readonly MadeFamily[]): void {
    this.made = made;
  }

  async text(): Promise<string> {
    const made = new Registry();
    made.setDefaultLabels({ ...this.common });
    for (const { name, help, type, samples } of this.made()) {
      const described = { name, help, type, values: [...samples], aggregator: 'sum' };
      // The library asks a metric for no more than this, and has no class for one that is counted elsewhere.
      made.registerMetric({ ...described, get: () => described } as unknown as Gauge);
    }
    return (await this.registry.metrics()) + (await made.metrics()).trimStart();
  }
}
