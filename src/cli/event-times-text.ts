import type { EventTimes, Watermark } from '../runtime/inspection/event-times.js';
import { tableText } from './table-text.js';

type Input = EventTimes['inputs'][number];

/** Greatest time that has a date. */
const dateMsMax = 8.64e15;

/** A line for each vertex that has event time: the subtask that is furthest behind, and who holds it back, down to the split of a source. */
export function eventTimesText(times: readonly EventTimes[]): string {
  const bySubtask = new Map(times.map((time) => [time.subtask, time]));
  const furthestBehind = new Map<string, EventTimes>();
  for (const time of times) {
    if (time.inputs.length === 0) continue;
    const vertex = time.subtask.slice(0, time.subtask.lastIndexOf('#'));
    const other = furthestBehind.get(vertex);
    if (other === undefined || orderOf(reachedBy(time)) < orderOf(reachedBy(other))) furthestBehind.set(vertex, time);
  }
  const shown = [...furthestBehind.values()];
  // A job without event time has nothing to say of it.
  if (shown.every((time) => reachedBy(time) === null)) return '';
  const rows = shown.map((time) => [
    time.subtask,
    watermarkText(reachedBy(time)),
    holdersOf(time, bySubtask).join(', '),
    time.inputs.map(partsText).join('; '),
  ]);
  return tableText(['FURTHEST BEHIND', 'WATERMARK', 'HELD BACK BY', 'INPUTS'], rows);
}

/** What comes into a source has no watermark yet. */
const reachedBy = ({ inputs, watermarkMs, outputWatermarkMs }: EventTimes): Watermark =>
  inputs.some(isSplits) ? outputWatermarkMs : watermarkMs;

const isSplits = ({ input }: Input): boolean => input === 'splits';

/** From right before the subtask on, upstream. */
function holdersOf(from: EventTimes, bySubtask: ReadonlyMap<string, EventTimes>): readonly string[] {
  const holders: string[] = [];
  let at: EventTimes | undefined = from;
  // A graph has no circles; a stranger's answer may have.
  while (at !== undefined && holders.length <= bySubtask.size) {
    const holder = leastOf(at.inputs);
    if (holder === null || holder.watermarkMs === 'end') break;
    holders.push(isSplits(holder) ? `split ${holder.heldBackBy}` : String(holder.heldBackBy));
    at = isSplits(holder) ? undefined : bySubtask.get(String(holder.heldBackBy));
  }
  return holders;
}

function leastOf(inputs: readonly Input[]): Input | null {
  let least: Input | null = null;
  for (const input of inputs) {
    if (input.heldBackBy === null) continue;
    if (least === null || orderOf(input.watermarkMs) < orderOf(least.watermarkMs)) least = input;
  }
  return least;
}

const orderOf = (watermark: Watermark): number =>
  watermark === null ? Number.NEGATIVE_INFINITY : watermark === 'end' ? Number.POSITIVE_INFINITY : watermark;

function watermarkText(watermark: Watermark): string {
  if (watermark === null) return 'none yet';
  if (watermark === 'end') return 'end';
  return Math.abs(watermark) <= dateMsMax ? new Date(watermark).toISOString() : String(watermark);
}

/** How many parts an input has, and which of them do not count or are not read. */
function partsText({ input, parts, idle, ended, waiting }: Input): string {
  const notes = [
    ...(idle > 0 ? [`${idle} idle`] : []),
    ...(ended > 0 ? [`${ended} ended`] : []),
    ...(waiting > 0 ? [`${waiting} waiting for other sources`] : []),
  ];
  const what = input === 'splits' ? `${parts} ${parts === 1 ? 'split' : 'splits'}` : `${parts} of ${input}`;
  return notes.length === 0 ? what : `${what}: ${notes.join(', ')}`;
}
