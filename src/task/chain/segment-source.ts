import type { FunctionPart } from './chain-part.js';

/** What the generated code of a segment is made from. Positions count the functions of the segment; the target comes after them. */
export interface SegmentShape {
  readonly functions: readonly FunctionPart['kind'][];
  /** `keylessInput`: the operator has keyed state, but this input of it no keys. */
  readonly target: 'output' | 'operator' | 'keyedOperator' | 'keylessInput';
  readonly freezes: boolean;
  /** Asks operators whether they can take more after each record. */
  readonly asksReady: boolean;
}

/**
 * JavaScript for one run of functions and what they lead to: `batch` for the first segment of a chain, `emit` for single records. One
 * function is generated per chain, so that each call site in it sees one callee. `at` says which part is at work when one throws. The code
 * of a flatMap calls the code behind it as a function of its own, `after<n>`, which is also where a paused pull goes on.
 */
export function segmentSource(shape: SegmentShape): string {
  const { functions, freezes, asksReady } = shape;
  const pulls = functions.includes('flatMap');
  const lines = [
    "'use strict';",
    'const { functions, target, select, state, gauge, pulls, freeze, fail, ready } = env;',
    ...functions.map((_, at) => `const f${at} = functions[${at}];`),
  ];
  for (const [at, kind] of functions.entries()) {
    if (kind !== 'flatMap') continue;
    lines.push(`const after${at} = (v, t) => {`, ...guarded(bodyFrom(shape, at + 1, 'return'), freezes), '};');
  }
  lines.push('const emit = (v, t) => {');
  if (pulls) lines.push('if (pulls.holds) { pulls.wait(v, t); return; }');
  lines.push(...guarded(bodyFrom(shape, 0, 'return'), freezes), '};');
  lines.push(
    'const batch = (values, timestamps, from, to) => {',
    'let at = 0, i = from;',
    'try {',
    'while (i < to) {',
    'let v = values[i]; const t = timestamps[i]; i++;',
    ...(freezes ? ['freeze(v);'] : []),
    ...bodyFrom(shape, 0, 'continue'),
    asksReady ? 'if (gauge.stopped || !ready()) break;' : 'if (gauge.stopped) break;',
    '}',
    '} catch (error) { fail(error, at); }',
    'return i;',
    '};',
    'return { emit, batch };',
  );
  return lines.join('\n');
}

function guarded(body: readonly string[], freezes: boolean): string[] {
  const freeze = freezes ? ['freeze(v);'] : [];
  return ['let at = 0;', 'try {', ...freeze, ...body, '} catch (error) { fail(error, at); }'];
}

/** The parts from `first` on, up to the next flatMap or the target. */
function bodyFrom({ functions, target, freezes }: SegmentShape, first: number, skip: 'return' | 'continue'): string[] {
  const lines: string[] = [];
  for (let at = first; at < functions.length; at++) {
    lines.push(`at = ${at};`);
    if (functions[at] === 'map') lines.push(`v = f${at}(v);`, ...(freezes ? ['freeze(v);'] : []));
    else if (functions[at] === 'filter') lines.push(`if (!f${at}(v)) ${skip};`);
    else return [...lines, ...flatMapLines(at)];
  }
  lines.push(`at = ${functions.length};`);
  if (target === 'output') lines.push('target.emit(v, t);');
  else {
    if (target === 'keyedOperator') lines.push('state.setCurrentKey(select(v));');
    if (target === 'keylessInput') lines.push('state.clearCurrentKey();');
    lines.push('target.process(v, t);');
  }
  return lines;
}

const flatMapLines = (at: number): readonly string[] => [
  `const many = f${at}(v);`,
  'if (Array.isArray(many)) {',
  'for (let n = 0; n < many.length; n++) {',
  `after${at}(many[n], t);`,
  `if (gauge.paused) { pulls.holdRest(${at}, many, n + 1, t, after${at}); break; }`,
  '}',
  `} else pulls.pull(${at}, many, t, after${at});`,
];
