import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import type { FileResult, Files } from '../../ports/files.js';
import { splitOf } from './file-split.js';

interface FoundFile {
  readonly file: string;
  readonly bytes: number;
}

type Found = FileResult<readonly FoundFile[]>;

/**
 * The splits of files and of the files directly in folders, in the order of the paths; names in a folder that begin with a dot are left
 * out. `splitBytes` null: one split a file. Fails with FILE_MISSING, or FILE_TWICE when a file is named in two ways.
 */
export function discoverFiles(
  files: Files,
  paths: readonly string[],
  splitBytes: number | null,
  done: (result: FileResult<readonly Split[]>) => void,
): void {
  eachInTurn(
    paths,
    (path, next) => filesAt(files, path, next),
    (result) => {
      if (!result.ok) return done(result);
      const twice = firstTwice(result.value);
      done(twice === null ? { ok: true, value: splitsOf(result.value, splitBytes) } : { ok: false, failure: twice });
    },
  );
}

/** The file, or the files of the folder, at the path. */
function filesAt(files: Files, path: string, done: (result: Found) => void): void {
  files.size(path, (size) => {
    if (size.ok) return done({ ok: true, value: [{ file: path, bytes: size.value }] });
    files.list(path, (listed) => {
      const names = listed.ok ? listed.value.filter((name) => !name.startsWith('.')) : [];
      const isMissing = size.failure.code === 'FILE_MISSING' && listed.ok && listed.value.length === 0;
      if (!listed.ok || isMissing) return done({ ok: false, failure: unreadable(size.failure) });
      const folder = path.replace(/\/+$/, '');
      eachInTurn(
        names.map((name) => `${folder}/${name}`),
        (file, next) => sizeOf(files, file, next),
        done,
      );
    });
  });
}

function sizeOf(files: Files, file: string, done: (result: Found) => void): void {
  files.size(file, (size) => {
    if (size.ok) done({ ok: true, value: [{ file, bytes: size.value }] });
    else done({ ok: false, failure: unreadable(size.failure) });
  });
}

/** Asks for one path after the other; answers are queued, so that any number of them needs no deeper stack. */
function eachInTurn(
  paths: readonly string[],
  ask: (path: string, done: (result: Found) => void) => void,
  done: (result: Found) => void,
): void {
  const found: FoundFile[] = [];
  const from = (i: number): void => {
    const path = paths[i];
    if (path === undefined) return done({ ok: true, value: found });
    ask(path, (result) => {
      if (!result.ok) return done(result);
      found.push(...result.value);
      from(i + 1);
    });
  };
  from(0);
}

/** No restart brings the file: the job ends, and says so. */
function unreadable({ code, message }: Failure): Failure {
  return failure(code, 'user', `The file source has no input. ${message} Name an existing file or folder.`, 'never');
}

function firstTwice(found: readonly FoundFile[]): Failure | null {
  const seen = new Set<string>();
  for (const { file } of found) {
    if (seen.has(file)) {
      const message = `The file source would read '${file}' twice, because two of its paths lead to it. Name it once.`;
      return failure('FILE_TWICE', 'user', message, 'never');
    }
    seen.add(file);
  }
  return null;
}

function splitsOf(found: readonly FoundFile[], splitBytes: number | null): Split[] {
  const starts = found.map(({ bytes }) => startsOf(bytes, splitBytes));
  const splits = starts.reduce((sum, { length }) => sum + length, 0);
  return found.flatMap(({ file, bytes }, i) =>
    (starts[i] ?? []).map((start) =>
      splitOf({
        id: `${file}#${start}`,
        file,
        start,
        end: splitBytes === null ? bytes : Math.min(bytes, start + splitBytes),
        fileBytes: bytes,
        splits,
        position: null,
        line: start === 0 ? 1 : null,
        columns: null,
      }),
    ),
  );
}

/** At least one, because also an empty file is looked at: an empty one is no JSON array. */
function startsOf(bytes: number, splitBytes: number | null): number[] {
  if (splitBytes === null || bytes === 0) return [0];
  return Array.from({ length: Math.ceil(bytes / splitBytes) }, (_, i) => i * splitBytes);
}
