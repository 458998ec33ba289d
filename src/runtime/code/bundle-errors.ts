import { resolve } from 'node:path';
import type { BuildFailure, Message } from 'esbuild';
import { shortPath } from '../../api/call-site.js';

export function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && Array.isArray((thrown as Partial<BuildFailure>).errors);
}

/** What a person should read of a failed bundling: each place, what is wrong there, and the line itself. */
export function bundleErrorsText(errors: readonly Message[], folder: string): string {
  return errors.map((error) => errorText(error, folder)).join('\n\n');
}

function errorText({ id, text, location }: Message, folder: string): string {
  const what = id === 'empty-import-meta' ? importMetaText : text.replaceAll('"engine:', '"');
  if (location === null) return what;
  const { file, line, column, lineText, length } = location;
  const place = `${shortPath(resolve(folder, file))}:${line}:${column + 1}`;
  const marks = lineText.slice(0, column).replace(/[^\t]/g, ' ') + '~'.repeat(Math.max(1, length));
  return `${place}: ${what}\n  ${lineText}\n  ${marks}`;
}

const importMetaText =
  'import.meta is not available in a job: the job runs from a bundle, which lies elsewhere. ' +
  "Give paths as parameters (env.param('input')) or relative to the folder in which weir is started.";
