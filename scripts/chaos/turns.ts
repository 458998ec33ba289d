/** Does something now and then. */
export class Turns {
  /** Rejects when one of them fails. */
  readonly failed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(private readonly turn: () => Promise<void>) {
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    this.failed.catch((error: unknown) => error);
  }

  begin(everyMs: number): void {
    this.timer = setInterval(() => {
      this.turn().catch((error: unknown) => this.reject(error));
    }, everyMs);
  }

  end(): void {
    clearInterval(this.timer);
  }
}
