import ts from 'typescript';
import type { Hit, Rule } from './rule.js';
import { under } from './rule.js';
import { commentsOf, lineOf, nodesOf, type Source } from './source.js';

const everywhere = (): boolean => true;
const specs = under('specs/', 'property-tests/');
const runners = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const setAside = new Set(['only', 'skip', 'todo', 'fails']);

export const anyRule: Rule = {
  name: 'no any',
  why: 'it silences the compiler for everything that the value touches',
  instead: 'name the type, take a type parameter, or take unknown and narrow it',
  appliesTo: everywhere,
  *find(source) {
    for (const node of nodesOf(source)) if (node.kind === ts.SyntaxKind.AnyKeyword) yield hit(source, node, 'any');
  },
};

export const silencerRule: Rule = {
  name: 'no silenced compiler',
  why: 'an ignored error stays ignored when the code under it changes',
  instead: 'make the types true; where a spec must show that something does not compile, use @ts-expect-error',
  appliesTo: everywhere,
  *find(source) {
    for (const { text, line } of commentsOf(source)) {
      const directive = /^\/[/*]\s*(@ts-(?:ignore|nocheck))\b/.exec(text)?.[1];
      if (directive !== undefined) yield { line, what: directive };
    }
  },
};

export const setAsideRule: Rule = {
  name: 'every spec runs',
  why: 'a spec that does not run protects nothing and looks as if it did',
  instead: 'make it pass or remove it',
  appliesTo: specs,
  *find(source) {
    for (const node of nodesOf(source)) {
      if (!ts.isPropertyAccessExpression(node) || !setAside.has(node.name.text)) continue;
      const runner = firstName(node.expression);
      if (runner !== undefined && runners.has(runner)) yield hit(source, node, `${runner}.${node.name.text}`);
    }
  },
};

export const sleepRule: Rule = {
  name: 'no sleeps in specs',
  why: 'a delay is a guess: too short on a slow machine, too long on every other',
  instead: 'wait for the condition itself; give a deadline that only guards against hanging a name',
  appliesTo: specs,
  *find(source) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || calledName(node) !== 'setTimeout') continue;
      if (node.arguments.some(isConstantNumber)) yield hit(source, node, 'setTimeout with a literal delay');
    }
  },
};

export const emptyCatchRule: Rule = {
  name: 'no empty catch',
  why: 'an error that nobody sees is found again, later, as a wrong result',
  instead: 'handle it, let it pass, or give the value that stands for it and say why that is right',
  appliesTo: everywhere,
  *find(source) {
    for (const node of nodesOf(source)) {
      if (ts.isCatchClause(node) && node.block.statements.length === 0) yield hit(source, node, 'catch {}');
      if (ts.isCallExpression(node) && calledName(node) === 'catch' && isEmptyFunction(node.arguments[0])) {
        yield hit(source, node, '.catch(() => {})');
      }
    }
  },
};

export const moduleStateRule: Rule = {
  name: 'no state in modules',
  why: 'two clusters in one process, and two runs in one simulator, would share it',
  instead:
    'keep it in an object that somebody creates; a constant table is a ReadonlyMap, a ReadonlySet, a readonly array, or as const',
  appliesTo: under('actors/', 'src/'),
  *find(source) {
    for (const statement of source.tree.statements) {
      if (!ts.isVariableStatement(statement) || isAmbient(statement)) continue;
      const { declarationList } = statement;
      const isConst = (declarationList.flags & ts.NodeFlags.Const) !== 0;
      for (const declaration of declarationList.declarations) {
        const name = declaration.name.getText(source.tree);
        if (!isConst) yield hit(source, declaration, `let ${name}`);
        else if (isMutable(declaration)) yield hit(source, declaration, `${name} can be changed`);
      }
    }
  },
};

function isMutable({ type, initializer }: ts.VariableDeclaration): boolean {
  if (initializer === undefined || !makesCollection(initializer)) return false;
  return type === undefined || !isReadonlyType(type);
}

/** A WeakMap is none of them: it cannot be listed, and remembers only what follows from an object that somebody holds. */
const collections = new Set(['Map', 'Set', 'Array']);

function makesCollection(value: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(value) || ts.isSatisfiesExpression(value)) return makesCollection(value.expression);
  if (ts.isAsExpression(value)) return !isReadonlyType(value.type) && makesCollection(value.expression);
  if (ts.isArrayLiteralExpression(value)) return true;
  if (ts.isNewExpression(value) && ts.isIdentifier(value.expression)) return collections.has(value.expression.text);
  return ts.isCallExpression(value) && /^Array\.(from|of)$/.test(value.expression.getText());
}

function isReadonlyType(type: ts.TypeNode): boolean {
  if (ts.isTypeOperatorNode(type)) return type.operator === ts.SyntaxKind.ReadonlyKeyword;
  if (!ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return false;
  return type.typeName.text === 'const' || type.typeName.text.startsWith('Readonly');
}

function isAmbient(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

function isConstantNumber(value: ts.Expression): boolean {
  if (ts.isNumericLiteral(value)) return true;
  return ts.isBinaryExpression(value) && isConstantNumber(value.left) && isConstantNumber(value.right);
}

function isEmptyFunction(value: ts.Expression | undefined): boolean {
  if (value === undefined || !(ts.isArrowFunction(value) || ts.isFunctionExpression(value))) return false;
  return ts.isBlock(value.body) && value.body.statements.length === 0;
}

/** `setTimeout` of `setTimeout(…)` and of `globalThis.setTimeout(…)`. */
function calledName(call: ts.CallExpression): string | undefined {
  if (ts.isIdentifier(call.expression)) return call.expression.text;
  return ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : undefined;
}

/** `it` of `it.concurrent.only`. */
function firstName(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isCallExpression(expression) || ts.isPropertyAccessExpression(expression)) {
    return firstName(expression.expression);
  }
  return undefined;
}

function hit(source: Source, node: ts.Node, what: string): Hit {
  return { line: lineOf(source, node.getStart(source.tree)), what };
}
