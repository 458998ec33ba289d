import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { FileResult, Files } from '../../ports/files.js';

/** A part that is durable and not shown yet. Paths, so that it is found again also when the job names another folder by then. */
export interface FileCommittable {
  readonly pending: string;
  readonly final: string;
  readonly bytes: number;
}

/**
 * Gives each part its final name. One that has it already, with the size it must have, is committed; one that is nowhere fails with
 * COMMITTABLE_LOST, and a file in the way with COMMITTABLE_BLOCKED: committed data is never replaced.
 */
export function commitParts(
  files: Files,
  committables: readonly FileCommittable[],
  settle: (failure: Failure | null) => void,
): void {
  const from = (i: number): void => {
    const committable = committables[i];
    if (committable === undefined) return settle(null);
    commitPart(files, committable, (failed) => {
      if (failed === null) from(i + 1);
      else settle(failed);
    });
  };
  from(0);
}

type Settle = (failure: Failure | null) => void;

/**
 * The final name is looked at first: an earlier attempt may still be renaming, and then a part that stands under its final name no
 * longer stands under the other one.
 */
function commitPart(files: Files, part: FileCommittable, settle: Settle): void {
  files.size(part.final, (final) => {
    if (!final.ok && final.failure.code !== 'FILE_MISSING') return settle(final.failure);
    files.size(part.pending, (pending) => {
      if (final.ok) return settle(judgeCommitted(part, final.value, pending));
      if (pending.ok && pending.value !== part.bytes) return settle(wrongSize(part.pending, pending.value, part));
      if (!pending.ok && pending.failure.code !== 'FILE_MISSING') return settle(pending.failure);
      if (pending.ok) files.rename(part.pending, part.final, (renamed) => judgeRename(files, part, renamed, settle));
      else judgeMissing(files, part, settle);
    });
  });
}

function judgeRename(files: Files, part: FileCommittable, renamed: FileResult<null>, settle: Settle): void {
  if (renamed.ok) settle(null);
  else if (renamed.failure.code === 'FILE_MISSING') judgeMissing(files, part, settle);
  else settle(renamed.failure);
}

/** It was not pending any more: then it must be final by now. */
function judgeMissing(files: Files, part: FileCommittable, settle: Settle): void {
  files.size(part.final, (final) => {
    if (final.ok) settle(final.value === part.bytes ? null : wrongSize(part.final, final.value, part));
    else if (final.failure.code === 'FILE_MISSING')
      settle(lost(`neither '${part.pending}' nor '${part.final}' exists`));
    else settle(final.failure);
  });
}

function judgeCommitted(part: FileCommittable, finalBytes: number, pending: FileResult<number>): Failure | null {
  if (pending.ok) {
    const message = `'${part.pending}' cannot become '${part.final}', because that file exists and is another one. Move it away, or give the sink a folder or a uid of its own.`;
    return failure('COMMITTABLE_BLOCKED', 'user', message, 'never');
  }
  if (pending.failure.code !== 'FILE_MISSING') return pending.failure;
  return finalBytes === part.bytes ? null : wrongSize(part.final, finalBytes, part);
}

function wrongSize(path: string, found: number, { bytes }: FileCommittable): Failure {
  return lost(`'${path}' has ${found} bytes instead of ${bytes}`);
}

function lost(what: string): Failure {
  const message = `Output that a complete checkpoint holds is lost: ${what}. Restore the file, or start the job anew.`;
  return failure('COMMITTABLE_LOST', 'infrastructure', message, 'never');
}
