import type { Effect } from '../../../actors/kernel/effect.js';
import type { Placement } from '../../../actors/protocol/deployment.js';
import type { Allocation, SlotAddress, SubtaskKey } from '../../../actors/protocol/ids.js';
import { actorNames, runText, sameAllocation, subtaskKey } from '../../../actors/protocol/ids.js';
import type { JobGraph } from '../../../actors/protocol/job-graph.js';
import { slotSharingGroupOf } from '../../../actors/protocol/slot-sharing.js';
import type { ResourceManagerMessage } from '../../../actors/resource-manager/messages.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { SubtaskInput } from '../../../actors/subtask/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import { lifeText } from './leaders.js';
import { grantIn, SlotGrants, slotText } from './slot-grants.js';

/**
 * I4: a slot holds at most one allocation. In the slot: it loads nothing before the host has said that what it loaded
 * before is unloaded, and starts subtasks of that allocation only. At the resource manager: it grants a slot to another
 * run only after that slot has answered that whatever it was granted to or reported to hold is closed, or its task
 * manager was lost. And what a slot loads is of one slot sharing group. Known from the effects and messages in the traces of slots and resource managers. It cannot see two
 * leaders granting one slot: the slot's own rule covers that.
 */
export const oneAllocationPerSlot: CheckerFactory = () => new OneAllocationPerSlot();

type SlotLoad = Extract<Effect, { kind: 'slot.load' }>;

/** The slot sharing groups of the subtasks that are placed in a slot. */
function groupsIn(slot: SlotAddress, { vertices }: JobGraph, placement: Placement): ReadonlySet<string> {
  const isHere = (key: SubtaskKey): boolean => {
    const place = placement[key];
    return place !== undefined && slotText(place) === slotText(slot);
  };
  const here = vertices.filter(({ id, parallelism }) =>
    Array.from({ length: parallelism }, (_, index) => subtaskKey(id, index)).some(isHere),
  );
  return new Set(here.map(slotSharingGroupOf));
}

class OneAllocationPerSlot implements Checker {
  readonly invariant = 'I4';
  /** What is loaded, by slot of one life of a process. */
  private readonly loaded = new Map<string, Allocation>();
  /** By life of the leader. */
  private readonly grants = new Map<string, SlotGrants>();

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

  private load(record: TraceRecord, { slot, allocation, graph, placement }: SlotLoad): void {
    const name = `${lifeText(record)}/${slot}`;
    const groups = groupsIn({ process: record.process, incarnation: record.incarnation, slot }, graph, placement);
    if (groups.size > 1) {
      throw new Violation('I4', `slot ${name} loads subtasks of several slot sharing groups`, { groups: [...groups] });
    }
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
    let grants = this.grants.get(lifeText(record));
    if (grants === undefined) {
      grants = new SlotGrants();
      this.grants.set(lifeText(record), grants);
    }
    if (record.verdict.kind === 'taken') grants.told(record.message as ResourceManagerMessage);
    for (const effect of record.effects) {
      const granted = 'message' in effect ? grantIn(effect.message) : null;
      if (granted !== null) grants.granted(granted);
    }
  }
}
