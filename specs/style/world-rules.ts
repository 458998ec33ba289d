import ts from 'typescript';
import type { Hit, Rule } from './rule.js';
import { under } from './rule.js';
import { declaredNames, importsOf, isReference, lineOf, nodesOf, type Source } from './source.js';

/**
 * The only places that may touch the real clock, real timers and real entropy. Everything else gets them through ports,
 * and so runs the same in the simulator.
 */
const realWorld: readonly string[] = [
  'src/runtime/world/', // the adapters that give the ports their real clock, timers and entropy
  'src/cli/', // talks to a person, who lives in real time
  'src/web/', // runs in a browser
];

const isRealWorld = under(...realWorld);
const isSimulable = (path: string): boolean => under('actors/', 'src/')(path) && !isRealWorld(path);

const clockMembers = new Set(['Date.now', 'process.hrtime', 'process.uptime', 'globalThis.performance']);
const clockModules = /^(node:)?perf_hooks$/;
const timerNames = new Set(['setTimeout', 'setInterval', 'setImmediate']);
const timerModules = /^(node:)?timers(\/promises)?$/;
const entropyNames = new Set(['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'getRandomValues', 'webcrypto']);
const promiseNames = new Set(['Promise', 'queueMicrotask']);
const ambientNames = new Set(['process', 'console', 'crypto']);

export const clockRule: Rule = {
  name: 'no real clock',
  why: 'a run must be a function of its inputs and its seed, or a failure cannot be replayed',
  instead: 'take the time from the message, or from the Clock port',
  appliesTo: isSimulable,
  *find(source) {
    yield* globalsIn(source, new Set(['performance']));
    yield* membersIn(source, clockMembers);
    yield* importsMatching(source, clockModules);
    for (const node of nodesOf(source)) {
      const callsDate =
        (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
        ts.isIdentifier(node.expression) &&
        node.expression.text === 'Date';
      if (callsDate && (node.arguments?.length ?? 0) === 0) yield hit(source, node, 'Date without an argument');
    }
  },
};

export const timerRule: Rule = {
  name: 'no real timer',
  why: 'virtual time cannot drive a real timer, so what hangs on one is never tested',
  instead: 'use a timer effect in an actor, the timer service in an operator, and the Clock port elsewhere',
  appliesTo: isSimulable,
  *find(source) {
    yield* globalsIn(source, timerNames);
    yield* membersIn(source, new Set([...timerNames].map((name) => `globalThis.${name}`)));
    yield* importsMatching(source, timerModules);
  },
};

export const randomnessRule: Rule = {
  name: 'no Math.random',
  why: 'it cannot be seeded, so no run that uses it can be repeated',
  instead: 'take a number from the Entropy port',
  appliesTo: under('actors/', 'src/'),
  *find(source) {
    yield* membersIn(source, new Set(['Math.random']));
  },
};

export const entropyRule: Rule = {
  name: 'no real entropy',
  why: 'the simulator draws every random choice from its seed',
  instead: 'take bytes or identities from the Entropy port',
  appliesTo: isSimulable,
  *find(source) {
    yield* membersIn(source, new Set([...entropyNames].map((name) => `crypto.${name}`)));
    for (const { specifier, names, line } of importsOf(source)) {
      if (!/^(node:)?crypto$/.test(specifier)) continue;
      for (const name of names) if (entropyNames.has(name)) yield { line, what: `${name} of ${specifier}` };
    }
  },
};

export const promiseRule: Rule = {
  name: 'no promises',
  why: 'waiting is a state of a machine, or a verdict of a tasklet; a promise hides it and lets others run in between',
  instead: 'return an effect and receive its completion as a message; in src/task return blocked and be called again',
  appliesTo: under('actors/', 'src/task/'),
  *find(source) {
    yield* globalsIn(source, promiseNames);
    for (const node of nodesOf(source)) {
      if (node.kind === ts.SyntaxKind.AsyncKeyword) yield hit(source, node, 'async');
      if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) yield hit(source, node, 'await');
    }
  },
};

export const ambientRule: Rule = {
  name: 'no surroundings in actors',
  why: 'decisions are pure: what an actor does follows from its state and the message alone',
  instead: 'let the message or the options bring the value, and let an effect do the work',
  appliesTo: under('actors/'),
  find: (source) => globalsIn(source, ambientNames),
};

/** References to a global of one of `names`; a name that the file declares itself is not the global. */
function* globalsIn(source: Source, names: ReadonlySet<string>): Generator<Hit> {
  const declared = declaredNames(source);
  for (const node of nodesOf(source)) {
    if (!ts.isIdentifier(node) || !names.has(node.text) || declared.has(node.text)) continue;
    if (isReference(node)) yield hit(source, node, node.text);
  }
}

function* membersIn(source: Source, members: ReadonlySet<string>): Generator<Hit> {
  for (const node of nodesOf(source)) {
    if (!ts.isPropertyAccessExpression(node)) continue;
    const owner = ownerName(node.expression);
    const member = `${owner}.${node.name.text}`;
    if (owner !== undefined && members.has(member)) yield hit(source, node, member);
  }
}

/** `Date` of `Date.now`, and of `globalThis.Date.now`. */
function ownerName(owner: ts.Expression): string | undefined {
  if (ts.isIdentifier(owner)) return owner.text;
  if (!ts.isPropertyAccessExpression(owner) || !ts.isIdentifier(owner.expression)) return undefined;
  return owner.expression.text === 'globalThis' ? owner.name.text : undefined;
}

function* importsMatching(source: Source, pattern: RegExp): Generator<Hit> {
  for (const { specifier, line } of importsOf(source)) {
    if (pattern.test(specifier)) yield { line, what: `imports '${specifier}'` };
  }
}

function hit(source: Source, node: ts.Node, what: string): Hit {
  return { line: lineOf(source, node.getStart(source.tree)), what };
}
