/** One metric of a job's own code, of one operator of one subtask, as it stands at a report. */
export type UserMetric = {
  /** Uid of the operator. */
  readonly operator: string;
  readonly name: string;
} & UserMetricValue;

export type UserMetricValue =
  | { readonly kind: 'counter' | 'gauge'; readonly value: number }
  | { readonly kind: 'meter'; readonly count: number; readonly perSecond: number }
  | {
      readonly kind: 'histogram';
      readonly count: number;
      readonly sum: number;
      /** How many values were at most each bound. */
      readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
    };
