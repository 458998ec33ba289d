/** Something that is counted. */
export interface Counter {
  readonly count: number;
  /** By 1 unless more is given; never less than 0. */
  inc(by?: number): void;
}

/** Something whose rate counts: events per second over the last minute. */
export interface Meter {
  readonly count: number;
  mark(events?: number): void;
}

/** How values are distributed. */
export interface Histogram {
  readonly count: number;
  update(value: number): void;
}

/**
 * Metrics of a job's own code. They show in Prometheus as `weirflow_user_<name>` with the job, vertex, subtask and operator as labels; counters end in `_total`, meters
 * have `_total` and `_per_second`. They begin anew with each attempt, like those of the engine. Names are letters, digits and underscores; the same name
 * gives the same metric. A subtask has at most 100 (METRICS_TOO_MANY): a name must not be made of what records hold.
 */
export interface Metrics {
  counter(name: string): Counter;
  /** `read` is called about once a second, between records; one that throws gives no value. */
  gauge(name: string, read: () => number): void;
  meter(name: string): Meter;
  /** `bounds` are the upper ends of its buckets, ascending, at most 30. By default from 0.001 to 10,000. */
  histogram(name: string, bounds?: readonly number[]): Histogram;
}
