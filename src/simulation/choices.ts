import { hashText } from './random.js';

/**
 * What may go otherwise than by default, and with which probability a generated run lets it. Rates are drawn per run, whole kinds being switched off in
 * many runs, so that faults meet in many mixtures.
 */
export interface FaultRates {
  /** Per control message: lost, delivered twice, delayed by up to `delayMsMax`, or said to be undeliverable although it is not. */
  readonly messageLost: number;
  readonly messageTwice: number;
  readonly messageDelayed: number;
  readonly messageUnreachable: number;
  /** Per data frame: the link breaks here for up to `outageMsMax`, and what is under way on it is lost. */
  readonly linkBroken: number;
  /** A frame, and so all behind it on its link, comes late. */
  readonly linkSlow: number;
  /** Per data frame: one of its bits is flipped. */
  readonly frameDamaged: number;
  /** Per store call: answered late (beyond the store's deadline), done but never answered, neither done nor answered. */
  readonly storeLate: number;
  readonly storeMute: number;
  readonly storeLost: number;
  /** Per life of a process. */
  readonly crash: number;
  readonly pause: number;
  /** Per plan slot of a run (two are drawn). */
  readonly partition: number;
  /** Per run: the client stops the job, at a moment of up to `stopMsMax`. */
  readonly stop: number;
  /** Per run that is stopped: with a savepoint, half of them at once and half when all is drained. */
  readonly stopWith: number;
  /** Per run: the client takes a savepoint, at a moment of up to `savepointMsMax`. */
  readonly savepoint: number;
  /** Per rescale of a run (two are drawn): the client wants the job at another parallelism. */
  readonly rescale: number;
  /** Per run: the client cancels the job, half of the times just after something else that it wants of it. */
  readonly cancel: number;
}

export const noFaults: FaultRates = {
  messageLost: 0,
  messageTwice: 0,
  messageDelayed: 0,
  messageUnreachable: 0,
  linkBroken: 0,
  linkSlow: 0,
  frameDamaged: 0,
  storeLate: 0,
  storeMute: 0,
  storeLost: 0,
  crash: 0,
  pause: 0,
  partition: 0,
  stop: 0,
  stopWith: 0,
  savepoint: 0,
  rescale: 0,
  cancel: 0,
};

/** Deviations from the default schedule, by key. Removing one leaves all others meaning what they meant. */
export type Deviations = Readonly<Record<string, number>>;

const resolution = 4_294_967_296;

/**
 * Answers every question of chance by a key that says what is decided (`kind:subject#n`) and not when it is asked, so that runs of nearly the same
 * deviations stay nearly the same. 0 is the default: in order, least delay, no fault.
 */
export class Choices {
  readonly taken: Record<string, number> = {};
  private readonly counters = new Map<string, number>();
  private healed = false;

  private constructor(
    private readonly decide: (key: string, probability: number, max: number) => number,
    /** Whatever its probability: a list may have any key. */
    private readonly asksAll: boolean,
  ) {}

  /** Draws each deviation from the seed and the key alone. */
  static generated(seed: number): Choices {
    return new Choices((key, probability, max) => {
      if (probability <= 0 || hashText(key, seed) / resolution >= probability) return 0;
      return 1 + (hashText(key, seed ^ 0x5bd1e995) % max);
    }, false);
  }

  /** Deviates exactly where told. */
  static replayed(deviations: Deviations): Choices {
    return new Choices((key) => deviations[key] ?? 0, true);
  }

  /** From 1 to `max` for a deviation, 0 for none. The n-th question about one subject has its own key. */
  next(subject: string, probability: number, max: number): number {
    // The probability of a subject is the same all through a run, so that no count is missed.
    if (this.healed || (probability <= 0 && !this.asksAll)) return 0;
    const n = (this.counters.get(subject) ?? 0) + 1;
    this.counters.set(subject, n);
    return this.at(`${subject}#${n}`, probability, max);
  }

  at(key: string, probability: number, max: number): number {
    if (this.healed) return 0;
    const value = this.decide(key, probability, max);
    if (value !== 0) this.taken[key] = value;
    return value;
  }

  /** From now on everything goes by default. */
  heal(): void {
    this.healed = true;
  }

  get isHealed(): boolean {
    return this.healed;
  }
}
