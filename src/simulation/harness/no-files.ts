import { failure } from '../../../actors/kernel/failure.js';
import type { FileDone, Files } from '../../ports/files.js';

/** A file system that refuses everything, and says where files can be tested. */
export function noFiles(later: (run: () => void) => void): Files {
  const refuse =
    (at: number) =>
    (...given: readonly unknown[]): void => {
      const path = String(given[0]);
      const message = `'${path}' cannot be reached: a harness has no files. Put jobs with sources and sinks through checkJob.`;
      const done = given[at] as FileDone<never>;
      later(() => done({ ok: false, failure: failure('HARNESS_FILES', 'user', message, 'never') }));
    };
  return {
    size: refuse(1),
    list: refuse(1),
    read: refuse(3),
    makeFolder: refuse(1),
    create: refuse(2),
    append: refuse(2),
    sync: refuse(1),
    rename: refuse(2),
    remove: refuse(1),
  };
}
