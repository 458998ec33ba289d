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

/** The metrics of one process in the text form of Prometheus; the library that writes it shows nowhere else. */
export class MetricRegistry {
  readonly contentType: string;
  private readonly registry = new Registry();

  /** `common` stands on every sample. Those of the Node process (memory, event loop, garbage collection) are in it already. */
  constructor(common: Readonly<Record<string, string>>) {
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

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
