import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Lifecycle, OperatorContext } from '../operators/operator.js';
import type { Sink, SinkWriter } from '../operators/sink.js';
import type { ClientOutput } from '../ports/client-output.js';

/** What both writers do not need: nothing is queued, and nothing is left open outside the program. */
abstract class ClientWriter<C> implements SinkWriter<unknown, C> {
  abstract write(value: unknown): void;
  abstract prepare(checkpoint: CheckpointId): Lifecycle;
  abstract take(): readonly C[];
  abstract commit(committables: readonly C[]): Lifecycle;

  ready(): boolean {
    return true;
  }
  abortOthers(): Lifecycle {
    return 'done';
  }
  close(): void {}
}

/** Lines for the program that runs the job, given at once: after a recovery they come again. */
export class PrintSink implements Sink<unknown, never> {
  readonly name = 'print';
  private readonly prefix: string | null;

  constructor(prefix: string | null) {
    this.prefix = prefix;
  }

  createWriter(context: OperatorContext<never>): SinkWriter<unknown, never> {
    return new PrintWriter(context.client, this.prefix === null ? '' : `${this.prefix}> `);
  }
}

class PrintWriter extends ClientWriter<never> {
  private readonly client: ClientOutput;
  private readonly prefix: string;

  constructor(client: ClientOutput, prefix: string) {
    super();
    this.client = client;
    this.prefix = prefix;
  }

  write(value: unknown): void {
    this.client.line(this.prefix + lineOf(value));
  }
  prepare(): Lifecycle {
    return 'done';
  }
  take(): readonly never[] {
    return [];
  }
  commit(): Lifecycle {
    return 'done';
  }
}

/**
 * The values of one checkpoint interval of one subtask. `id` tells a repeated delivery from a new one: no other writer gives the same, nor does one of the job that goes on from a
 * savepoint of this, which counts its runs and checkpoints anew.
 */
interface Collected {
  readonly id: string;
  readonly values: readonly unknown[];
}

/** Values for the program that runs the job, exactly once: they travel in the checkpoint and are delivered when it is durable. */
export class CollectSink implements Sink<unknown, Collected> {
  readonly name = 'collect';
  private readonly collection: string;

  constructor(collection: string) {
    this.collection = collection;
  }

  createWriter(context: OperatorContext<never>): SinkWriter<unknown, Collected> {
    return new CollectWriter(context, this.collection);
  }
}

class CollectWriter extends ClientWriter<Collected> {
  private readonly client: ClientOutput;
  private readonly collection: string;
  private readonly idPrefix: string;
  private values: unknown[] = [];
  private prepared: Collected[] = [];

  constructor({ client, clock, job, run, subtaskIndex }: OperatorContext<never>, collection: string) {
    super();
    this.client = client;
    this.collection = collection;
    this.idPrefix = `${job}-${clock.wallMs()}-${run}-${subtaskIndex}`;
  }

  write(value: unknown): void {
    this.values.push(value);
  }
  prepare(checkpoint: CheckpointId): Lifecycle {
    if (this.values.length === 0) return 'done';
    this.prepared.push({ id: `${this.idPrefix}-${checkpoint.epoch}-${checkpoint.n}`, values: this.values });
    this.values = [];
    return 'done';
  }
  take(): readonly Collected[] {
    const taken = this.prepared;
    this.prepared = [];
    return taken;
  }
  commit(committables: readonly Collected[]): Lifecycle {
    for (const { id, values } of committables) this.client.deliver(this.collection, id, values);
    return 'done';
  }
}

/** Text and numbers of any kind as they are, everything else as JSON, in which bigints become text: one line of a job's output. */
export function lineOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  const json = JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? String(field) : field));
  return json ?? String(value);
}
