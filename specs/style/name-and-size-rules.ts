import type { Rule } from './rule.js';

const linesMax = 400;
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const fileName = /^(?<stem>[^.]+)(\.(spec|property|types|config|d))?\.[cm]?tsx?$/;
const vague = /^(.+-)?(utils?|helpers?|common|misc)$/;

export const vagueNameRule: Rule = {
  name: 'a name says what it holds',
  why: 'such a name fits everything, so everything ends up there',
  instead: 'name the file after the one concept in it, and put it beside what uses it',
  appliesTo: () => true,
  *find({ path }) {
    for (const part of partsOf(path)) if (vague.test(part)) yield { line: 1, what: `'${part}'` };
  },
};

export const kebabRule: Rule = {
  name: 'names are kebab-case',
  why: 'one spelling works on every file system and is guessed right at the first try',
  instead: 'rename it, as in key-group.ts, key-group.spec.ts, key-group.property.ts',
  appliesTo: () => true,
  *find({ path }) {
    for (const part of partsOf(path)) if (!kebab.test(part)) yield { line: 1, what: `'${part}'` };
  },
};

export const sizeRule: Rule = {
  name: `at most ${linesMax} lines`,
  why: 'a file is one concept, and a concept that needs more is two',
  instead: 'split it where its parts already speak of different things',
  appliesTo: () => true,
  *find({ text }) {
    const lines = text.replace(/\n$/, '').split('\n').length;
    if (lines > linesMax) yield { line: linesMax + 1, what: `${lines} lines` };
  },
};

/** Folders and the file's stem; a name with an unknown second extension stays whole, and so is no kebab-case. */
function partsOf(path: string): string[] {
  const folders = path.split('/');
  const file = folders.pop() ?? '';
  return [...folders, fileName.exec(file)?.groups?.stem ?? file];
}
