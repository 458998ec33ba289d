import { originId } from '../../actors/protocol/savepoint.js';
import { thrownText } from '../api/engine-error.js';
import type { Operator, OperatorContext, Stage } from '../operators/operator.js';
import { takesItem } from '../operators/operator-state.js';
import type { Clock } from '../ports/clock.js';
import { createHeapState } from '../state/heap/heap-state.js';
import type { KeyedState, KeyedStateBackend } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import { type Declaration, Declarations, declareIn } from './declarations.js';
import type { SavepointParts } from './savepoint-parts.js';

/** What opening an operator without records has told of its state. */
export interface Opened {
  /** It has keyed state at all. */
  readonly isKeyed: boolean;
  /** States that it has asked for, in order. */
  readonly declared: readonly Declaration[];
  /** Why it cannot be opened with what the savepoint holds; null when it can. */
  readonly refused: string | null;
  /** It did not come to the end of `open`: for a reason that is not its state, or because it waits for something. Null otherwise. */
  readonly unknown: string | null;
}

export interface OpenSetting {
  readonly job: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Of values with a TTL; its timers never fire. */
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
}

type OperatorStage = Extract<Stage, { kind: 'operator' | 'twoInputs' }>;

/**
 * Opens an operator as a subtask does that begins with the savepoint, on a backend that holds all its key groups, and closes it again. Whatever would refuse the
 * state there refuses it here. The code of the job in `open` runs, without records, files, or anything else outside.
 */
export async function dryOpen(
  stage: OperatorStage,
  parts: SavepointParts | null,
  setting: OpenSetting,
): Promise<Opened> {
  const { uid } = stage;
  const items: unknown[] = [];
  // Files that are damaged or gone are no matter of the operator: that is not caught here.
  if (parts !== null) items.push(...(await parts.itemsOfOperator(uid)));
  const isKeyed = stage.kind === 'operator' ? stage.key !== null : stage.keys.some((key) => key !== null);
  const backend = isKeyed ? backendOf(uid, setting) : null;
  const declarations = backend === null ? null : new Declarations(backend);
  let operator: Operator | null = null;
  let unknown: string | null;
  try {
    const created: Operator = stage.create();
    operator = created;
    // Letters that are to be committed are no state of the operator itself, which is opened without its error policy: its sink is not.
    const own = items.filter((item) => takesItem(created, item));
    const context = contextOf(uid, setting, declarations);
    const from = parts === null ? null : originId;
    const lifecycle = operator.open(context, { from, items: own }, () => undefined);
    unknown = lifecycle === 'pending' ? 'it waits for something outside while it opens' : null;
  } catch (error) {
    const declared = declarations?.declared ?? [];
    // Told by its shape, because code of the job may throw what it likes.
    if (error instanceof StateFailure) return { isKeyed, declared, refused: error.message, unknown: null };
    return {
      isKeyed,
      declared,
      refused: null,
      unknown: `it failed while it was opened without records: ${thrownText(error)}`,
    };
  } finally {
    close(operator);
    backend?.close();
  }
  const declared = declarations?.declared ?? [];
  return {
    isKeyed,
    declared,
    refused: parts === null ? null : await unreadable(uid, parts, declared, setting),
    unknown,
  };
}

/** Loads all key groups of an operator into a backend that has been asked for the states; why that fails, or null. */
async function unreadable(
  uid: string,
  parts: SavepointParts,
  declared: readonly Declaration[],
  setting: OpenSetting,
): Promise<string | null> {
  for (const snapshot of parts.snapshotsOf(uid)) {
    for (const group of snapshot.keyGroups) {
      // One at a time: state may be larger than memory.
      const backend = backendOf(uid, setting);
      try {
        for (const declaration of declared) declareIn(backend, declaration);
        const bytes: Uint8Array[] = [];
        for (const range of group.ranges) bytes.push(await parts.bytesOf(range));
        backend.load({ keyGroup: group.keyGroup, watermark: group.watermark, parts: bytes }, snapshot.serializers);
      } catch (error) {
        if (error instanceof StateFailure) return error.message;
        throw error;
      } finally {
        backend.close();
      }
    }
  }
  return null;
}

function backendOf(operator: string, { maxParallelism, clock }: OpenSetting): KeyedStateBackend {
  const range = { first: 0, last: maxParallelism - 1 };
  return createHeapState({ operator, maxParallelism, range, development: false, clock });
}

/** Nothing that an operator does while it opens gets out. */
function contextOf(
  uid: string,
  { job, parallelism, clock }: OpenSetting,
  keyed: KeyedState | null,
): OperatorContext<never> {
  const nothing = (): void => undefined;
  const counted = { count: 0, inc: nothing, mark: nothing, update: nothing };
  const refuse = (): never => {
    throw new Error('files and work outside are not at hand when a job is only looked at');
  };
  const files = { size: refuse, list: refuse, read: refuse, makeFolder: refuse, create: refuse, append: refuse };
  return {
    job,
    uid,
    subtaskIndex: 0,
    parallelism,
    run: 0,
    keyed,
    output: { emit: nothing, side: nothing, watermark: nothing, idle: nothing, blocked: () => false },
    metrics: { counter: () => counted, gauge: nothing, meter: () => counted, histogram: () => counted },
    clock: { ...clock, setTimer: () => ({ cancel: nothing }) },
    files: { ...files, sync: refuse, rename: refuse, remove: refuse },
    offload: { run: refuse },
    client: { line: nothing, deliver: nothing },
    wake: nothing,
    hold: nothing,
    fail: nothing,
  };
}

/** What it throws now says nothing of its state. */
function close(operator: Operator | null): void {
  try {
    operator?.close();
  } catch {
    return;
  }
}
