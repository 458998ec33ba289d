import type { ProcessName, SlotAddress } from '../../actors/protocol/ids.js';
import type { Bus, DataLinks, Unlisten } from '../ports/bus.js';
import type { SimProcess } from './sim-process.js';
import type { SimWorld } from './world.js';

/** How a control message may deviate; the value of its choice is one of these, with a delay on top. */
const deviation = { lost: 1, unreachable: 2, twice: 3, delayed: 4 } as const;
const hopMs = 0.2;
const frameBitsMax = 1_000_000;
const absentAfterMs = 0.3;
const delayMsMax = 400;
const outageMsMax = 300;
const slowMsMax = 1_000;

interface Listener {
  readonly process: SimProcess;
  readonly receive: (bytes: Uint8Array) => void;
}

/** The network of a simulated world: control messages are lost, doubled, delayed and reordered; data links break and lose what is under way, or are slow. */
export class SimNetwork {
  private readonly buses = new Map<ProcessName, Listener>();
  private readonly slots = new Map<string, Listener>();
  private readonly links = new Map<string, Link>();
  /** Directed pairs `from>to` that nothing passes. */
  private readonly cut = new Set<string>();

  constructor(private readonly world: SimWorld) {}

  cutBetween(from: ProcessName, to: ProcessName): void {
    this.cut.add(`${from}>${to}`);
    for (const link of this.links.values()) if (link.from === from && link.to === to) link.breakOff();
  }

  mendBetween(from: ProcessName, to: ProcessName): void {
    this.cut.delete(`${from}>${to}`);
  }

  mendAll(): void {
    this.cut.clear();
  }

  busOf(sender: SimProcess): Bus {
    return {
      send: (to, topic, bytes, unreachable) => {
        sender.enter();
        this.sendControl(sender, to, topic, bytes, unreachable);
      },
      // Each receiver's copy is lost, doubled or late by itself.
      broadcast: (topic, bytes) => {
        sender.enter();
        for (const to of this.buses.keys()) this.sendControl(sender, to, topic, bytes, null);
      },
      listen: (process, receive) => listenIn(this.buses, process, { process: sender, receive }),
    };
  }

  linksOf(sender: SimProcess): DataLinks {
    return {
      send: (from, to, frame) => {
        sender.enter();
        this.linkBetween(from, to).send(frame);
      },
      listen: (slot, receive) => listenIn(this.slots, slotName(slot), { process: sender, receive }),
    };
  }

  private sendControl(
    sender: SimProcess,
    to: ProcessName,
    topic: string,
    bytes: Uint8Array,
    unreachable: (() => void) | null,
  ): void {
    const { choices, rates } = this.world;
    const total = rates.messageLost + rates.messageTwice + rates.messageDelayed + rates.messageUnreachable;
    const subject =
      choices.isHealed || (total === 0 && !this.world.replaying) ? '' : `message:${sender.name}>${to}:${topic}`;
    const value = subject === '' ? 0 : choices.next(subject, total, 1_000_000);
    const kind = value === 0 ? 0 : kindOf(value, this.world);
    const delayMs = value === 0 ? 0 : 1 + (value % delayMsMax);
    if (kind === deviation.lost) return;
    if (kind === deviation.unreachable) {
      if (unreachable !== null) sender.later(absentAfterMs, unreachable);
      return;
    }
    const deliver = (): void => this.deliverControl(sender, to, bytes, unreachable);
    this.world.queue.add(this.world.nowMs + hopMs + (kind === deviation.delayed ? delayMs : 0), deliver);
    if (kind === deviation.twice) this.world.queue.add(this.world.nowMs + hopMs + delayMs, deliver);
  }

  private deliverControl(
    sender: SimProcess,
    to: ProcessName,
    bytes: Uint8Array,
    unreachable: (() => void) | null,
  ): void {
    if (this.cut.has(`${sender.name}>${to}`)) return;
    const listener = this.buses.get(to);
    if (listener?.process.alive) listener.process.dispatch(() => listener.receive(bytes));
    else if (unreachable !== null) sender.later(absentAfterMs, unreachable);
  }

  private linkBetween(from: SlotAddress, to: SlotAddress): Link {
    const name = `${slotName(from)}>${slotName(to)}`;
    let link = this.links.get(name);
    if (link === undefined) {
      link = new Link(
        this.world,
        from.process,
        to.process,
        `link:${from.process}/${from.slot}>${to.process}/${to.slot}`,
        (frame) => {
          if (this.cut.has(`${from.process}>${to.process}`)) return;
          const listener = this.slots.get(slotName(to));
          listener?.process.dispatch(() => listener.receive(frame));
        },
      );
      this.links.set(name, link);
    }
    return link;
  }
}

/** Frames between two slots, in order. When it breaks, what is under way and what comes during the outage is lost. */
class Link {
  private generation = 0;
  private brokenUntilMs = 0;
  /** When the last frame arrives: none overtakes it. */
  private lastAtMs = 0;
  private readonly frameSubject: string;
  private readonly slowSubject: string;

  constructor(
    private readonly world: SimWorld,
    readonly from: ProcessName,
    readonly to: ProcessName,
    private readonly subject: string,
    private readonly deliver: (frame: Uint8Array) => void,
  ) {
    this.frameSubject = `frame:${subject}`;
    this.slowSubject = `slow:${subject}`;
  }

  send(frame: Uint8Array): void {
    const { world } = this;
    const outage = world.choices.next(this.subject, world.rates.linkBroken, outageMsMax);
    if (outage !== 0) {
      this.breakOff();
      this.brokenUntilMs = world.nowMs + outage;
    }
    if (world.nowMs < this.brokenUntilMs && !world.choices.isHealed) return;
    const damage = world.choices.next(this.frameSubject, world.rates.frameDamaged, frameBitsMax);
    const carried = damage === 0 ? frame : withFlippedBit(frame, damage);
    const { generation } = this;
    const slowMs = world.choices.next(this.slowSubject, world.rates.linkSlow, slowMsMax);
    this.lastAtMs = Math.max(this.lastAtMs, world.nowMs + hopMs + slowMs);
    world.queue.add(this.lastAtMs, () => {
      if (generation === this.generation) this.deliver(carried);
    });
  }

  breakOff(): void {
    this.generation += 1;
  }
}

function listenIn(table: Map<string, Listener>, name: string, listener: Listener): Unlisten {
  table.set(name, listener);
  return () => {
    if (table.get(name) === listener) table.delete(name);
  };
}

function withFlippedBit(frame: Uint8Array, choice: number): Uint8Array {
  const copy = frame.slice();
  const bit = choice % (copy.length * 8);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

const slotName = (slot: SlotAddress): string => `${slot.process}@${slot.incarnation}/${slot.slot}`;

function kindOf(value: number, { rates }: SimWorld): number {
  const { messageLost, messageUnreachable, messageTwice, messageDelayed } = rates;
  const total = messageLost + messageUnreachable + messageTwice + messageDelayed;
  const point = (((value - 1) % 997) / 997) * total;
  if (point < messageLost) return deviation.lost;
  if (point < messageLost + messageUnreachable) return deviation.unreachable;
  if (point < messageLost + messageUnreachable + messageTwice) return deviation.twice;
  return deviation.delayed;
}
