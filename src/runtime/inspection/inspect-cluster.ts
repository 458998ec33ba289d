import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import { NatsTrace } from '../../transport/nats/nats-trace.js';
import { connectTo } from '../cluster/cluster-address.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { EventQueue } from './event-queue.js';
import type { ActorView, InspectEvent, StepDetail } from './views.js';
import { Watcher } from './watcher.js';

export interface InspectOptions {
  /** URLs of the NATS servers. Default: one on this machine. */
  readonly servers?: readonly string[];
  /** Default: `default`. */
  readonly cluster?: string;
  /** `changes`: steps that change a state, and messages refused or dropped. `all`: heartbeats too. `none`: no steps. Default: `changes`. */
  readonly steps?: StepDetail;
  /** How long to wait for NATS, and then for the first process to answer. Default 10,000. */
  readonly waitMs?: number;
  /** Told why it waits. */
  readonly say?: (line: string) => void;
}

/** A cluster that is being watched. */
export interface Inspection extends AsyncIterable<InspectEvent> {
  /** All actors that lived when it began, by process and name. */
  readonly actors: readonly ActorView[];
  /** Ends it: processes go on publishing for some seconds, and then stop. Iteration ends after what has come already. */
  close(): Promise<void>;
}

/**
 * Watches a living cluster: its actors, then each step they take, process by process in order. Processes that start later join in. It
 * changes nothing there, and delays nothing: what is more than a process publishes is left out and counted. Steps may get lost while a
 * connection is down. Rejects with an EngineError: of `connectNats`, or NO_PROCESS_ANSWERS.
 *
 * @example
 * ```ts
 * const inspection = await inspectCluster({ cluster: 'default' });
 * for (const { process, actor, state } of inspection.actors) console.log(process, actor, state);
 * for await (const event of inspection) if (event.kind === 'step') console.log(event.actor, event.toState);
 * ```
 */
export async function inspectCluster(options: InspectOptions = {}): Promise<Inspection> {
  const { servers = ['nats://127.0.0.1:4222'], cluster = 'default', steps = 'changes', waitMs = 10_000 } = options;
  const queue = new EventQueue();
  const onTrouble = (trouble: Failure): void => {
    if (trouble.code === 'NATS_CLOSED') queue.close(trouble);
  };
  const process = `inspect-${nodeEntropy.id()}`;
  const onWaiting = options.say ?? (() => undefined);
  const link = await connectTo({ servers, cluster, waitMs }, process, 'inspect', { onTrouble, onWaiting });
  const { watcher, actors } = await begin(new NatsTrace(link), steps, waitMs, queue);
  if (actors === null) {
    await link.close();
    throw new EngineError(nobody(cluster, waitMs));
  }
  return {
    actors,
    async close() {
      watcher.close();
      queue.close(null);
      await link.close();
    },
    [Symbol.asyncIterator]: () => queue.read(),
  };
}

function begin(
  line: NatsTrace,
  detail: StepDetail,
  waitMs: number,
  queue: EventQueue,
): Promise<{ readonly watcher: Watcher; readonly actors: readonly ActorView[] | null }> {
  return new Promise((resolve) => {
    const watcher: Watcher = new Watcher({
      line,
      clock: nodeClock,
      detail,
      waitMs,
      seen: (actors) => resolve({ watcher, actors }),
      happened: (event) => queue.push(event),
    });
  });
}

const nobody = (cluster: string, waitMs: number): Failure =>
  failure(
    'NO_PROCESS_ANSWERS',
    'infrastructure',
    `No process of cluster '${cluster}' answered within ${waitMs / 1_000} s. Start one with weir jobmanager or weir taskmanager, or name the cluster with --cluster.`,
  );
