import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import { thrownStack, thrownText } from '../../api/engine-error.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';

/** A process of a cluster, from its start until it ends. */
export interface RunningProcess {
  /** Settles when nothing of it is left: with null after `stop`, else with what it ended by. */
  readonly ended: Promise<Failure | null>;
  /** Ends it in good order. Calling it again does no harm. */
  stop(): void;
}

/** How a process of a cluster ends: once, by whatever comes first, and its connections with it. */
export class ProcessEnd {
  readonly settled: Promise<Failure | null>;
  private resolve: (failure: Failure | null) => void = () => undefined;
  private closing = false;

  /** `close` ends what runs in the process; the connections are closed after it, so that its last words leave. */
  constructor(
    private readonly links: readonly NatsLink[],
    private readonly close: () => Promise<void>,
  ) {
    this.settled = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  end(why: Failure | null): void {
    if (this.closing) return;
    this.closing = true;
    this.shutDown().then(
      () => this.resolve(why),
      (error: unknown) => this.resolve(why ?? crash(error)),
    );
  }

  private async shutDown(): Promise<void> {
    await this.close();
    await Promise.all(this.links.map((link) => link.close()));
  }
}

/** What a process was told to panic by: a failure, or a throw that is a defect. */
export function crash(error: unknown): Failure {
  if (isFailure(error)) return error;
  const what = `A step of this process threw: ${thrownText(error)}`;
  return { ...failure('PROCESS_FAILED', 'internal', what), stack: thrownStack(error) };
}

const isFailure = (error: unknown): error is Failure =>
  typeof error === 'object' && error !== null && !(error instanceof Error) && 'code' in error && 'domain' in error;
