import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as weirflow from '../../../src/index.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const api = join(root, 'src/api');

/** What the examples speak of without making it. */
const surroundings = `
import * as weirflow from '../../../src/index.js';
declare global {
  interface Flight { date: string; tail: string; origin: string; delay: number }
  interface Order { customerId: string; amount: number }
  const env: weirflow.StreamEnvironment;
  const outputTag: typeof weirflow.outputTag;
  const lateFlights: weirflow.OutputTag<Flight>;
  const WatermarkStrategy: typeof weirflow.WatermarkStrategy;
  const job: weirflow.JobDefinition;
  const source: weirflow.Source<Flight>;
  const sink: weirflow.Sink<{ readonly word: string; readonly count: number }>;
  const files: typeof sink;
  const rejected: weirflow.Sink<weirflow.DeadLetter>;
  const lines: weirflow.DataStream<string>;
  const numbers: weirflow.DataStream<number>;
  const europe: weirflow.DataStream<Flight>;
  const asia: weirflow.DataStream<Flight>;
  const africa: weirflow.DataStream<Flight>;
  const flights: weirflow.SingleOutputStream<Flight>;
  const orders: weirflow.DataStream<Order>;
  const customers: weirflow.DataStream<{ id: string; name: string }>;
  interface Rule { symbol: string; limit: number }
  type BroadcastStream<T> = weirflow.BroadcastStream<T>;
  type KeyedInstance = weirflow.KeyedInstance;
  type MapFunction<In, Out, I extends weirflow.Instance> = weirflow.MapFunction<In, Out, I>;
  type ValueState<T> = weirflow.ValueState<T>;
  const newRules: weirflow.DataStream<Rule>;
  const mapState: typeof weirflow.mapState;
  const trades: weirflow.DataStream<{ symbol: string; venue: string; at: number }>;
  const counts: weirflow.DataStream<{ word: string; count: number }>;
  const windows: weirflow.WindowedStream<Flight, string, weirflow.TimeWindow>;
  function parse(line: string): { line: string };
  function priceOf(customer: string): Promise<number>;
  function priced(order: Order): Promise<Order & { price: number }>;
  class LastSeen implements weirflow.KeyedProcessFunction<string, Flight, string> {
    processElement(value: Flight, context: weirflow.KeyedProcessContext<string, string>): void;
  }
}
`;

/** All that jobs can call by name. */
const names = Object.keys(weirflow).join(', ');

/** The examples of the public documentation, each as a module of its own. */
function examples(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(api)) {
    const blocks = readFileSync(join(api, file), 'utf8').matchAll(/\* ```ts\n([\s\S]*?)\n\s*\* ```/g);
    for (const [index, [, block = '']] of [...blocks].entries()) {
      const lines = block.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
      const code = lines.map((line) => (line.endsWith('// does not compile') ? `// @ts-expect-error\n${line}` : line));
      found.set(
        join(root, 'specs/engine/api', `${file}-example-${index + 1}.ts`),
        `import { ${names} } from '../../../src/index.js';\n${code.join('\n')}\n`,
      );
    }
  }
  return found;
}

describe('the documentation of the API', () => {
  it('has only examples that compile', { timeout: 60_000 }, () => {
    const files = examples();
    expect(files.size).toBeGreaterThan(20);
    files.set(join(root, 'specs/engine/api/surroundings.ts'), surroundings);
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
    expect(wrong.map((diagnostic) => ts.formatDiagnostic(diagnostic, { ...host, getNewLine: () => '\n' }))).toEqual([]);
  });
});
