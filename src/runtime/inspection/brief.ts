import type { Effect } from '../../../actors/kernel/effect.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Address } from '../../../actors/protocol/ids.js';
import { checkpointText } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { MessageView, StepView } from './views.js';

// A trace record holds whatever its message and effects hold: graphs, plans, results. What is shown of it is bounded, and costs the
// same however large they are.

const textCharactersMax = 200;
const fieldsMax = 12;
const effectsMax = 6;
const changedMax = 12;

/** A record as watchers see it. */
export function briefStep(record: TraceRecord, wallMs: number): StepView {
  const { seq, cause, process, incarnation, actor, message, from, verdict, fromState, toState, effects } = record;
  return {
    kind: 'step',
    process,
    incarnation,
    seq,
    cause,
    wallMs,
    actor: short(actor),
    role: roleOf(actor),
    message: briefMessage(message),
    from: from === null ? null : addressText(from),
    verdict: verdict.kind,
    reason: reasonOf(verdict),
    fromState,
    toState,
    changed: Object.keys(record.contextPatch).slice(0, changedMax),
    effects: effects.slice(0, effectsMax).map((effect) => short(effectText(effect))),
    effectsMore: Math.max(0, effects.length - effectsMax),
  };
}

/** `role` of `role/key`. */
const roleOf = (actor: string): string => short(actor.split('/', 1)[0] ?? '');

/** The type, and those of its fields that are words, numbers, checkpoints or failures. */
function briefMessage(message: AnyMessage): MessageView {
  const brief: Record<string, string | number | boolean | null> = { type: short(message.type) };
  for (const [field, value] of Object.entries(message).slice(0, fieldsMax)) {
    const shown = field === 'type' || field === 'meta' ? undefined : briefValue(value);
    if (shown !== undefined) brief[field] = shown;
  }
  return brief as MessageView;
}

function briefValue(value: unknown): string | number | boolean | null | undefined {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return short(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if ('epoch' in value && 'n' in value) return checkpointText({ epoch: Number(value.epoch), n: Number(value.n) });
  if ('code' in value && 'message' in value) return short(`${String(value.code)}: ${String(value.message)}`);
  return undefined;
}

function reasonOf(verdict: TraceRecord['verdict']): string | null {
  if (verdict.kind === 'taken') return null;
  return short(verdict.kind === 'refused' ? verdict.code : verdict.reason);
}

function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'send':
    case 'ask':
      return `${effect.kind} ${effect.message.type} → ${addressText(effect.to)}`;
    case 'answer':
      return `answer ${effect.message.type} → ${addressText(effect.ask.from)}`;
    case 'tell':
      return `tell ${effect.message.type} → ${effect.actor}`;
    case 'unask':
      return `unask ${effect.id}`;
    case 'timer.start':
      return `${effect.kind} ${timerText(effect.timer)} ${effect.delayMs} ms`;
    case 'timer.stop':
      return `${effect.kind} ${timerText(effect.timer)}`;
    case 'actor.start':
    case 'actor.stop':
      return `${effect.kind} ${effect.actor}`;
    default: {
      const subject = subjectOf(effect);
      return subject === null ? effect.kind : `${effect.kind} ${subject}`;
    }
  }
}

/** The name of a state's own delay, without the place that XState gives it. */
const timerText = (timer: string): string => /^xstate\.after\.([^.]+)\./.exec(timer)?.[1] ?? timer;

/** What an effect on the store or on the data plane is about. */
function subjectOf(effect: object): string | null {
  const named = ['key', 'prefix', 'subtask', 'slot', 'uid', 'job'].find((field) => field in effect);
  if (named === undefined) return null;
  const subject = String((effect as Readonly<Record<string, unknown>>)[named]);
  const checkpoint = 'checkpoint' in effect ? briefValue(effect.checkpoint) : undefined;
  return checkpoint === undefined ? subject : `${subject} ${checkpoint}`;
}

const addressText = ({ process, actor }: Address): string => short(`${process} ${actor}`);

const short = (text: string): string =>
  text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax - 1)}…`;
