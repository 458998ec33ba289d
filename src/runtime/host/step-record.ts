import type { Effect } from '../../../actors/kernel/effect.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { ActorState, Step, Verdict } from '../../../actors/kernel/step.js';
import type { ActorName, Address, Incarnation, ProcessName } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';

/** Where and when a step happened. */
export interface StepPlace {
  readonly seq: number;
  readonly cause: number | null;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly actor: ActorName;
  readonly atMs: number;
}

/** One step of one actor, as it is traced. What has changed is found out when somebody asks: of most steps nobody does. */
export class StepRecord implements TraceRecord {
  readonly seq: number;
  readonly cause: number | null;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly actor: ActorName;
  readonly atMs: number;
  readonly verdict: Verdict;
  readonly fromState: string | null;
  readonly toState: string;
  readonly effects: readonly Effect[];
  private readonly before: object;
  private readonly after: object;
  private patch: Readonly<Record<string, unknown>> | null = null;

  constructor(
    place: StepPlace,
    readonly message: AnyMessage,
    readonly from: Address | null,
    before: ActorState | null,
    { state, verdict, effects }: Step,
  ) {
    this.seq = place.seq;
    this.cause = place.cause;
    this.process = place.process;
    this.incarnation = place.incarnation;
    this.actor = place.actor;
    this.atMs = place.atMs;
    this.verdict = verdict;
    this.fromState = before === null ? null : before.value;
    this.toState = state.value;
    this.effects = effects;
    this.before = before === null ? nothing : before.context;
    this.after = state.context;
  }

  get contextPatch(): Readonly<Record<string, unknown>> {
    this.patch ??= patchOf(this.before, this.after);
    return this.patch;
  }
}

const nothing = {};

/** Fields that are not the same object or value as before. */
function patchOf(before: object, after: object): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  if (before === after) return patch;
  for (const field in after) {
    const value = (after as Record<string, unknown>)[field];
    if ((before as Record<string, unknown>)[field] !== value) patch[field] = value;
  }
  return patch;
}
