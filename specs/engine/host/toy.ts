import type { Actor } from '../../../actors/kernel/actor.js';
import { defineActor } from '../../../actors/kernel/actor.js';
import type { Effect } from '../../../actors/kernel/effect.js';
import type { AskEvent, Delivered } from '../../../actors/kernel/message.js';
import { askEvents } from '../../../actors/kernel/message.js';
import type { TraceRecord } from '../../../src/ports/telemetry.js';
import { ActorHost } from '../../../src/runtime/host/actor-host.js';
import type { WireMessages } from '../../../src/runtime/host/wire-messages.js';
import type { Deviations } from '../../../src/simulation/choices.js';
import { Choices, noFaults } from '../../../src/simulation/choices.js';
import { SimNetwork } from '../../../src/simulation/network.js';
import { SimProcess } from '../../../src/simulation/sim-process.js';
import { SimWorld } from '../../../src/simulation/world.js';

type PingMessage =
  | { readonly type: 'ping.begin' }
  | { readonly type: 'ping.leave' }
  | { readonly type: 'pong.answered'; readonly count: number }
  | AskEvent;

interface PingContext {
  readonly answers: readonly number[];
  readonly expired: number;
  readonly absent: number;
  readonly unreachable: number;
  readonly ticks: number;
}

const pong = { process: 'b', incarnation: 'b.1', actor: 'pong' };
const askEveryMs = 10;
const askDeadlineMs = 95;

/** Asks a pong in another process; ticks while it waits; leaves and comes back when told. */
export const ping: Actor = defineActor({
  role: 'ping',
  messages: {
    'ping.begin': 'Ask.',
    'ping.leave': 'Leave the waiting state, and come back at once.',
    'pong.answered': 'The answer.',
    ...askEvents,
  } satisfies Record<PingMessage['type'], string>,
  context: (): PingContext => ({ answers: [], expired: 0, absent: 0, unreachable: 0, ticks: 0 }),
  initial: 'idle',
  states: {
    idle: { on: { 'ping.begin': { target: 'waiting' } } },
    waiting: {
      entry: 'ask',
      exit: 'unask',
      after: { tickMs: { actions: 'tick' } },
      on: {
        'pong.answered': { target: 'idle', actions: 'note' },
        'ping.leave': { target: 'waiting', reenter: true },
        'ask.expired': { target: 'idle', actions: 'noteExpired' },
        'ask.unreachable': { actions: 'noteUnreachable' },
        'ask.absent': { target: 'idle', actions: 'noteAbsent' },
      },
    },
  },
  actions: {
    ask: () => ({
      effects: [
        {
          kind: 'ask',
          id: 'ping/1',
          to: pong,
          message: { type: 'pong.count' },
          everyMs: askEveryMs,
          deadlineMs: askDeadlineMs,
        },
      ],
    }),
    unask: () => ({ effects: [{ kind: 'unask', id: 'ping/1' }] }),
    note: (context: PingContext, { count }: Delivered<Extract<PingMessage, { type: 'pong.answered' }>>) => ({
      context: { answers: [...context.answers, count] },
    }),
    noteExpired: (context: PingContext) => ({ context: { expired: context.expired + 1 } }),
    noteAbsent: (context: PingContext) => ({ context: { absent: context.absent + 1 } }),
    noteUnreachable: (context: PingContext) => ({ context: { unreachable: context.unreachable + 1 } }),
    tick: (context: PingContext) => ({ context: { ticks: context.ticks + 1 } }),
  },
  guards: {},
  delays: { tickMs: () => 50 },
  ignored: {
    idle: { 'pong.answered': 'It crossed the end of the asking.', 'ask.unreachable': 'The same.' },
  },
  refusals: {},
  refused: {},
});

type PongMessage = { readonly type: 'pong.count' } | { readonly type: 'pong.ready' };
interface PongContext {
  readonly count: number;
}

/** Answers how often it was asked, once it is ready; refuses before. */
const pongActor: Actor = defineActor({
  role: 'pong',
  messages: { 'pong.count': 'Say how often you were asked.', 'pong.ready': 'Be ready.' } satisfies Record<
    PongMessage['type'],
    string
  >,
  context: (input: { readonly ready: boolean } | undefined): PongContext & { readonly ready: boolean } => ({
    count: 0,
    ready: input?.ready ?? true,
  }),
  initial: 'serving',
  states: {
    serving: {
      on: {
        'pong.count': [{ guard: 'isReady', actions: 'count' }, { actions: 'tooEarly' }],
        'pong.ready': { actions: 'beReady' },
      },
    },
  },
  actions: {
    count: ({ count }: PongContext, { meta }: Delivered<PongMessage>) => ({
      context: { count: count + 1 },
      effects:
        meta.ask === null
          ? []
          : [
              {
                kind: 'answer',
                ask: meta.ask,
                message: { type: 'pong.answered', count: count + 1 } as { type: string },
              },
            ],
    }),
    tooEarly: () => ({ refuse: 'tooEarly' }),
    beReady: () => ({ context: { ready: true } as Partial<PongContext> }),
  },
  guards: { isReady: (context: PongContext) => (context as PongContext & { ready: boolean }).ready },
  delays: {},
  ignored: {},
  refusals: { tooEarly: 'It is not ready yet.' },
  refused: {},
});

/** Does one thing when it starts. */
const crier: Actor = defineActor({
  role: 'crier',
  messages: {},
  context: ({ effect }: { readonly effect: Effect }) => ({ effect }),
  initial: 'crying',
  states: { crying: { entry: 'cry' } },
  actions: { cry: ({ effect }: { readonly effect: Effect }) => ({ effects: [effect] }) },
  guards: {},
  delays: {},
  ignored: {},
  refusals: {},
  refused: {},
});

/** Two processes on a simulated network, with exactly the deviations that a spec names. */
export class ToyWorld {
  readonly world: SimWorld;
  readonly network: SimNetwork;
  readonly traces: TraceRecord[] = [];
  readonly panics: unknown[] = [];
  readonly a: ActorHost;
  readonly processes = new Map<string, SimProcess>();

  constructor(deviations: Deviations = {}, rates = noFaults) {
    this.world = new SimWorld({ choices: Choices.replayed(deviations), rates, replaying: true, turnRecordsMax: 1 });
    this.network = new SimNetwork(this.world);
    this.a = this.host('a', 'a.1', null);
    this.a.startActor('ping', 'ping', undefined);
  }

  host(
    process: string,
    incarnation: string,
    epoch: number | null,
    crashAtCall = 0,
    wire: WireMessages = {},
  ): ActorHost {
    const life = new SimProcess(
      this.world,
      process,
      1,
      crashAtCall === 0 ? null : { kind: 'call', call: crashAtCall },
      () => undefined,
    );
    this.processes.set(process, life);
    return new ActorHost(
      {
        bus: this.network.busOf(life),
        clock: life.clock(),
        loops: life.loops(),
        telemetry: { trace: (record) => this.traces.push(record), task: () => undefined },
        panic: (error) => this.panics.push(error),
        large: null,
        records: null,
        sweeper: null,
        discovery: null,
        tasks: null,
      },
      {
        process,
        incarnation,
        epoch,
        roles: { ping, pong: pongActor, crier },
        wire,
        versions: { engine: 'toy', wire: 1 },
      },
    );
  }

  pong(ready = true, wire: WireMessages = {}): ActorHost {
    const host = this.host('b', 'b.1', null, 0, wire);
    host.startActor('pong', 'pong', { ready });
    return host;
  }

  runFor(durationMs: number): void {
    const untilMs = this.world.nowMs + durationMs;
    this.world.at(untilMs, () => undefined);
    while (this.world.nowMs < untilMs && this.world.step());
  }

  context(): PingContext {
    return this.a.stateOf('ping')?.context as PingContext;
  }

  dropped(): readonly string[] {
    return this.traces.flatMap(({ verdict, message }) =>
      verdict.kind === 'dropped' ? [`${message.type}: ${verdict.reason}`] : [],
    );
  }
}
