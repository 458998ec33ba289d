import { Violation } from '../checker.js';
import type { JobSpec, Prefix, Reference, SimRecord } from '../jobs/index.js';
import { keyOf, keyText } from '../jobs/sim-record.js';
import { type Span, spansOf, type Timed } from '../jobs/time-reference.js';
import type { LateWindowStageSpec } from '../jobs/time-spec.js';
import { type LateWindowResult, lateResultIn } from '../jobs/timed-record.js';

/**
 * Conserves the records of a job with late windows: each is once in a window of its own, and in all that end later, or it came out late and is in none. A window
 * that fires again holds all it held before, and more. What is missing in a window must have been behind some watermark.
 */
export function checkLateRecords(
  spec: JobSpec,
  reference: Reference,
  prefix: Prefix,
  output: readonly SimRecord[],
): void {
  const index = spec.stages.findIndex(({ kind }) => kind === 'lateWindow');
  const stage = spec.stages[index] as LateWindowStageSpec;
  const boundMs = spec.time?.boundMs ?? 0;
  const windows = new Map<string, LateWindowResult[]>();
  const late = new Set<string>();
  for (const { id } of output) {
    const result = lateResultIn(id);
    if (result === null) {
      if (late.has(id)) broken(`record ${id} is late twice`);
      late.add(id);
      continue;
    }
    const name = nameOf(result.key, result);
    windows.set(name, [...(windows.get(name) ?? []), result]);
  }
  const held = new Map([...windows].map(([name, results]) => [name, heldBy(name, results)]));
  // The greatest watermark there can be before the end, behind which nothing comes.
  const watermark = reference.latest() - boundMs - 1;
  for (const timed of reference.arrived(prefix)) {
    const key = keyText(keyOf(timed.record, index, stage));
    where(timed, key, { stage, held, late, watermark });
  }
  for (const id of late) broken(`record ${id} is late, and none has come`);
  for (const [name, ids] of held) {
    for (const id of ids) broken(`window ${name} holds ${id}, which has not come, or is not of it`);
  }
}

interface Places {
  readonly stage: LateWindowStageSpec;
  readonly held: ReadonlyMap<string, Set<string>>;
  readonly late: Set<string>;
  readonly watermark: number;
}

/** Takes the record away from where it is found. */
function where({ record: { id }, at }: Timed, key: string, { stage, held, late, watermark }: Places): void {
  const spans = spansOf(stage.shape, at);
  const inWindow = spans.map((span) => held.get(nameOf(key, span))?.delete(id) === true);
  const isLate = late.delete(id);
  for (const [place, span] of spans.entries()) {
    if (inWindow[place]) {
      if (isLate) broken(`record ${id} is late, and in window ${nameOf(key, span)}`);
    } else {
      if (inWindow[place - 1]) broken(`record ${id} is not in window ${nameOf(key, span)}, and in the one before`);
      if (span.end - 1 + stage.latenessMs > watermark)
        broken(`record ${id} is not in window ${nameOf(key, span)}, which was over for no watermark`);
    }
  }
  if (!isLate && !inWindow.some(Boolean)) broken(`record ${id} is in no window, and not late`);
}

/** What a window held when it fired last. */
function heldBy(name: string, results: readonly LateWindowResult[]): Set<string> {
  const held = new Set<string>();
  for (const { members } of [...results].sort((a, b) => a.members.length - b.members.length)) {
    const ids = new Set(members);
    if (ids.size !== members.length) broken(`window ${name} holds a record twice`, { members });
    if (held.size >= ids.size || [...held].some((id) => !ids.has(id)))
      broken(`window ${name} fired again, and not with more than before`, { before: [...held], members });
    for (const id of members) held.add(id);
  }
  return held;
}

const nameOf = (key: string, { start, end }: Span): string => `${key} ${start}-${end}`;

function broken(what: string, details: Readonly<Record<string, unknown>> = {}): never {
  throw new Violation('I10', what, details);
}
