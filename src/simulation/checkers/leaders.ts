import type { Address, Epoch } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';

/** Which epoch each life of a leading process leads with, learnt from the start of its resource manager. */
export class Leaders {
  private readonly epochs = new Map<string, Epoch>();

  trace({ process, incarnation, actor, fromState, contextPatch }: TraceRecord): void {
    if (actor !== actorNames.resourceManager || fromState !== null) return;
    const { epoch } = contextPatch;
    if (typeof epoch === 'number') this.epochs.set(lifeText({ process, incarnation }), epoch);
  }

  /** Null for those who lead nothing. */
  epochOf(life: Omit<Address, 'actor'>): Epoch | null {
    return this.epochs.get(lifeText(life)) ?? null;
  }
}

export const lifeText = ({ process, incarnation }: Omit<Address, 'actor'>): string => `${process}@${incarnation}`;
