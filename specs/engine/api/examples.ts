import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** One example of the public documentation. */
export interface Example {
  /** The file it stands in, and which one of it. */
  readonly name: string;
  readonly code: string;
}

/** All examples in the docstrings of a folder. */
export function examplesIn(folder: string): readonly Example[] {
  return readdirSync(folder).flatMap((file) => {
    const blocks = readFileSync(join(folder, file), 'utf8').matchAll(/\* ```ts\n([\s\S]*?)\n\s*\* ```/g);
    return [...blocks].map(([, block = ''], index) => {
      const lines = block.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
      const code = lines.map((line) => (line.endsWith('// does not compile') ? `// @ts-expect-error\n${line}` : line));
      return { name: `${file}-example-${index + 1}`, code: code.join('\n') };
    });
  });
}

/** A file that exists for the compiler only, in this folder. */
export const besideExamples = (file: string): string => join(root, 'specs/engine/api', file);

/** Each example as a module of its own, by its path. */
export function modulesOf(examples: readonly Example[], imports: string): Map<string, string> {
  return new Map(examples.map(({ name, code }) => [besideExamples(`${name}.ts`), `${imports}\n${code}\n`]));
}

/** What the compiler says of such modules, with the settings of this package. */
export function compileErrors(files: ReadonlyMap<string, string>): readonly string[] {
  const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(base.config.compilerOptions, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, settings) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, settings) : ts.createSourceFile(path, text, settings);
  };
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noEmit: true, typeRoots: [join(root, 'node_modules/@types')] },
    host,
  );
  const wrong = [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  return wrong.map((diagnostic) => ts.formatDiagnostic(diagnostic, { ...host, getNewLine: () => '\n' }));
}
