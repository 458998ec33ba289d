import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { SlotReport } from '../../../actors/protocol/deployment.js';
import type { JobRun, SlotAddress } from '../../../actors/protocol/ids.js';
import { runText } from '../../../actors/protocol/ids.js';
import type { ResourceManagerFact, ResourceManagerMessage } from '../../../actors/resource-manager/messages.js';
import { Violation } from '../checker.js';
import { lifeText } from './leaders.js';

type Life = Omit<SlotAddress, 'slot'>;
type Granted = Extract<ResourceManagerFact, { type: 'resourceManager.slotsGranted' }>;

/** Which run each slot is held by, from what one resource manager has granted and been told. */
export class SlotGrants {
  private readonly holders = new Map<string, JobRun>();
  private readonly registered = new Set<string>();

  granted({ run, slots }: Granted): void {
    for (const slot of slots) {
      const holder = this.holders.get(slotText(slot));
      if (holder !== undefined && holder !== run) {
        const whose = `and still run ${runText(holder)}'s`;
        throw new Violation('I4', `slot ${slotText(slot)} is granted to run ${runText(run)} ${whose}`);
      }
      this.holders.set(slotText(slot), run);
    }
  }

  told(message: ResourceManagerMessage): void {
    switch (message.type) {
      case 'resourceManager.register':
        // A repetition may be older than what was granted since.
        if (this.registered.has(lifeText(message))) return;
        // Of two lives the table holds one: the other is lost, whichever is the later, and comes back as one that holds what it reports.
        for (const life of [...this.registered].filter((each) => processOf(each) === message.process)) this.lose(life);
        this.registered.add(lifeText(message));
        return this.shown(message, message.slots);
      case 'heartbeat.reported':
        return this.registered.has(lifeText(message)) ? this.shown(message, message.slots) : undefined;
      case 'slot.closed':
        return this.ended(message.slot, (holder) => holder === message.allocation.run);
      case 'resourceManager.releaseSlots':
        for (const slot of message.closed) this.ended(slot, (holder) => holder <= message.throughRun);
        return;
      case 'heartbeat.lost':
        return this.lose(lifeText(message));
      default:
        return;
    }
  }

  /** A report says who holds a slot that nobody is known to hold; of others it may be out of date. */
  private shown(life: Life, slots: readonly SlotReport[]): void {
    for (const { slot, allocation } of slots) {
      const name = slotText({ ...life, slot });
      if (allocation !== null && !this.holders.has(name)) this.holders.set(name, allocation.run);
    }
  }

  private lose(life: string): void {
    this.registered.delete(life);
    for (const slot of [...this.holders.keys()]) if (slot.startsWith(`${life}/`)) this.holders.delete(slot);
  }

  private ended(slot: SlotAddress, ends: (holder: JobRun) => boolean): void {
    const holder = this.holders.get(slotText(slot));
    if (holder !== undefined && ends(holder)) this.holders.delete(slotText(slot));
  }
}

const processOf = (life: string): string => life.slice(0, life.indexOf('@'));

export const slotText = (slot: SlotAddress): string => `${lifeText(slot)}/${slot.slot}`;

export const grantIn = (message: AnyMessage): Granted | null =>
  message.type === 'resourceManager.slotsGranted' ? (message as Granted) : null;
