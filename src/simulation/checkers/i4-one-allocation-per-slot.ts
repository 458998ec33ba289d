import type { Effect } from '../../../actors/kernel/effect.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Address, Allocation, SlotAddress } from '../../../actors/protocol/ids.js';
import { actorNames, runText, sameAllocation } from '../../../actors/protocol/ids.js';
import type { ResourceManagerFact, ResourceManagerMessage } from '../../../actors/resource-manager/messages.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { SubtaskInput } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import { lifeText } from './leaders.js';

/**
 * I4: a slot holds at most one allocation. In the slot: it loads nothing before the host has said that what it loaded before is
 * unloaded, and starts subtasks of that allocation only. At the resource manager: it grants a slot to another run only after that slot
 * has answered that the former one is closed, or its task manager was lost. Known from the effects and messages in the traces of
 * slots and resource managers. It cannot see two leaders granting one slot: the slot's own rule covers that.
 */
export const oneAllocationPerSlot: CheckerFactory = () => new OneAllocationPerSlot();

class OneAllocationPerSlot implements Checker {
  readonly invariant = 'I4';
  /** What is loaded, by slot of one life of a process. */
  private readonly loaded = new Map<string, Allocation>();
  /** What is granted, by leader and then by slot. */
  private readonly granted = new Map<string, Map<string, Allocation>>();

  trace(record: TraceRecord): void {
    if (record.actor === actorNames.resourceManager) this.resourceManager(record);
    else if (record.actor.startsWith('slot/')) this.slot(record);
  }

  private slot(record: TraceRecord): void {
    const message = record.message as SlotMessage;
    if (message.type === 'slot.unloaded') {
      const slot = `${lifeText(record)}/${record.actor.slice('slot/'.length)}`;
      if (sameAllocation(this.loaded.get(slot) ?? null, message.allocation)) this.loaded.delete(slot);
    }
    for (const effect of record.effects) {
      if (effect.kind === 'slot.load') this.load(record, effect);
      else if (effect.kind === 'actor.start') this.startSubtask(effect.input as SubtaskInput);
    }
  }

  private load(record: TraceRecord, { slot, allocation }: Extract<Effect, { kind: 'slot.load' }>): void {
    const name = `${lifeText(record)}/${slot}`;
    const held = this.loaded.get(name);
    if (held !== undefined) {
      throw new Violation(
        'I4',
        `slot ${name} loads run ${runText(allocation.run)} while it holds run ${runText(held.run)}`,
        {
          held,
          allocation,
        },
      );
    }
    this.loaded.set(name, allocation);
  }

  private startSubtask({ subtask, slot, allocation }: SubtaskInput): void {
    const held = this.loaded.get(slotText(slot)) ?? null;
    if (sameAllocation(held, allocation)) return;
    throw new Violation('I4', `${slotText(slot)} starts ${subtask} of an allocation that it does not hold`, {
      held,
      allocation,
    });
  }

  private resourceManager(record: TraceRecord): void {
    let grants = this.granted.get(lifeText(record));
    if (grants === undefined) {
      grants = new Map();
      this.granted.set(lifeText(record), grants);
    }
    if (record.verdict.kind === 'taken') forget(grants, record.message as ResourceManagerMessage);
    for (const effect of record.effects) {
      const fact = 'message' in effect ? grantIn(effect.message) : null;
      if (fact === null) continue;
      // A job asks for its slots from its own job-master.
      const job = jobOf((effect as { readonly ask?: { readonly from: Address } }).ask?.from.actor ?? '');
      for (const slot of fact.slots) grant(grants, slot, { job, run: fact.run, epoch: 0 });
    }
  }
}

const slotText = (slot: SlotAddress): string => `${lifeText(slot)}/${slot.slot}`;
const jobOf = (jobMaster: string): string => jobMaster.slice(jobMaster.indexOf('/') + 1);

const grantIn = (message: AnyMessage): Extract<ResourceManagerFact, { type: 'resourceManager.slotsGranted' }> | null =>
  message.type === 'resourceManager.slotsGranted'
    ? (message as Extract<ResourceManagerFact, { type: 'resourceManager.slotsGranted' }>)
    : null;

function grant(grants: Map<string, Allocation>, slot: SlotAddress, to: Allocation): void {
  const before = grants.get(slotText(slot));
  if (before !== undefined && before.run !== to.run) {
    throw new Violation(
      'I4',
      `slot ${slotText(slot)} is granted to run ${runText(to.run)} and still run ${runText(before.run)}'s`,
      {
        job: to.job,
      },
    );
  }
  grants.set(slotText(slot), to);
}

/** What the resource manager has just learnt may end grants. */
function forget(grants: Map<string, Allocation>, message: ResourceManagerMessage): void {
  switch (message.type) {
    case 'slot.closed': {
      const slot = slotText(message.slot);
      if (grants.get(slot)?.run === message.allocation.run) grants.delete(slot);
      return;
    }
    case 'resourceManager.releaseSlots':
      for (const slot of message.closed) {
        const before = grants.get(slotText(slot));
        if (before !== undefined && before.run <= message.throughRun) grants.delete(slotText(slot));
      }
      return;
    case 'heartbeat.lost':
      for (const slot of [...grants.keys()]) if (slot.startsWith(`${lifeText(message)}/`)) grants.delete(slot);
      return;
    default:
      return;
  }
}
