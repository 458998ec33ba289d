import type { SubtaskKey } from '../../../actors/protocol/ids.js';
import { maxWatermark } from '../../operators/operator.js';
import type { InputTime } from '../../ports/subtask-counts.js';
import type { SplitTime } from '../../time/split-watermarks.js';
import type { InputGate } from '../gate/input-gate.js';
import { unknownWatermark } from '../gate/valve.js';

/** One channel or split on the way to its sum. */
interface Part {
  readonly name: string;
  readonly watermark: number;
  readonly counts: boolean;
  readonly idle: boolean;
  readonly ended: boolean;
  readonly waiting: boolean;
}

/** Of the channels of a gate, by the vertex that they come from; `from` names the subtask at the other end of each. */
export function timesOfGate(gate: InputGate, from: readonly SubtaskKey[]): readonly InputTime[] {
  const byVertex = new Map<string, Part[]>();
  for (const [channel, name] of from.entries()) {
    const { watermark, status } = gate.timeOf(channel);
    const vertex = name.slice(0, name.lastIndexOf('#'));
    const part: Part = {
      name,
      watermark,
      counts: status === 'active',
      idle: status === 'idle',
      ended: status === 'finished',
      waiting: false,
    };
    byVertex.set(vertex, [...(byVertex.get(vertex) ?? []), part]);
  }
  return [...byVertex].map(([vertex, parts]) => inputTime(vertex, parts));
}

export function timesOfSplits(splits: ReadonlyMap<string, SplitTime<unknown>>): readonly InputTime[] {
  const parts = [...splits].map(
    ([name, { reached, isIdle, isPaused }]): Part => ({
      name,
      watermark: reached,
      counts: !isIdle,
      idle: isIdle,
      ended: false,
      waiting: isPaused,
    }),
  );
  return [inputTime('splits', parts)];
}

function inputTime(input: string, parts: readonly Part[]): InputTime {
  let least: Part | null = null;
  for (const part of parts) if (part.counts && (least === null || part.watermark < least.watermark)) least = part;
  const number = (of: (part: Part) => boolean): number => parts.filter(of).length;
  return {
    input,
    watermarkMs: least === null ? null : watermarkMs(least.watermark),
    heldBackBy: least?.name ?? null,
    parts: parts.length,
    idle: number(({ idle }) => idle),
    ended: number(({ ended }) => ended),
    waiting: number(({ waiting }) => waiting),
  };
}

/** Null before the first, infinite behind the last. */
export function watermarkMs(watermark: number): number | null {
  if (watermark === unknownWatermark) return null;
  return watermark >= maxWatermark ? Number.POSITIVE_INFINITY : watermark;
}
