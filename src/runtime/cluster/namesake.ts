import { failure } from '../../../actors/protocol/failure.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import { anyIncarnation, everyProcess } from '../../../actors/protocol/ids.js';
import { EngineError } from '../../api/engine-error.js';
import type { Bus } from '../../ports/bus.js';
import type { Clock, Entropy } from '../../ports/clock.js';
import { Asks } from '../host/asks.js';
import { decodeEnvelope, EnvelopeWriter } from '../host/envelope.js';

const askEveryMs = 100;
/** A process that is there and says nothing for so long is stopped or cut off, and fenced if it comes back. */
const silenceMs = 1_000;

/**
 * Rejects with an EngineError, NAME_TAKEN, when a process of that name answers in the cluster: two of one name would take turns in
 * being lost. It is asked for an actor that nobody has, which its host answers by itself. Two that start at the same moment do not
 * see each other; epochs and incarnations keep them from doing harm.
 */
export async function refuseNamesake(bus: Bus, clock: Clock, entropy: Entropy, process: ProcessName): Promise<void> {
  if ((await ring(bus, clock, entropy, process)) === null) return;
  const message =
    `A process named '${process}' runs in this cluster already. ` +
    'Stop it first, give this one another name, or give another cluster.';
  throw new EngineError(failure('NAME_TAKEN', 'user', message, 'never'));
}

/** The name of a process of the cluster that answers, or null when none does for a second. */
export function anybodyThere(bus: Bus, clock: Clock, entropy: Entropy): Promise<ProcessName | null> {
  return ring(bus, clock, entropy, everyProcess);
}

function ring(bus: Bus, clock: Clock, entropy: Entropy, process: ProcessName): Promise<ProcessName | null> {
  const from = { process: `doorbell-${entropy.id()}`, incarnation: entropy.id(), actor: 'doorbell' };
  const to = { process, incarnation: anyIncarnation, actor: 'doorbell' };
  const message = { type: 'doorbell' };
  const bytes = new EnvelopeWriter().encode({ to, from, epoch: null, kind: 'ask', ask: 'doorbell', message });
  const asks = new Asks(clock);
  return new Promise((resolve) => {
    const settle = (answerer: ProcessName | null): void => {
      asks.endAll();
      unlisten();
      resolve(answerer);
    };
    const unlisten = bus.listen(from.process, (answer) => {
      const envelope = decodeEnvelope(answer);
      // Also one of another version is there.
      if (!('kind' in envelope)) return;
      if (envelope.kind === 'absent' || envelope.kind === 'refused') settle(envelope.from.process);
    });
    const topic = 'ask.doorbell';
    asks.start({
      id: 'doorbell',
      everyMs: askEveryMs,
      deadlineMs: silenceMs,
      ask: () =>
        process === everyProcess ? bus.broadcast(topic, bytes) : bus.send(process, topic, bytes, () => settle(null)),
      expired: () => settle(null),
    });
  });
}
