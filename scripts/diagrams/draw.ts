import type { Actor, Branch } from '../../actors/kernel/actor.js';

type AnyBranch = Branch<string, string, string>;

/** The README of an actor with its two generated regions filled in. Throws when a region is missing. */
export function withDrawings(readme: string, actor: Actor): string {
  return fill(fill(readme, 'messages', messageTable(actor), actor.role), 'diagram', mermaid(actor), actor.role);
}

function fill(text: string, region: string, content: string, role: string): string {
  const [open, close] = [`<!-- ${region} -->`, `<!-- /${region} -->`];
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`actors/${role}/README.md lacks the region ${open} … ${close}.`);
  return `${text.slice(0, from)}${open}\n\n${content}\n\n${text.slice(to)}`;
}

/** What each message means and in which states it is acted on. */
function messageTable(actor: Actor): string {
  const rows = Object.entries(actor.messages).map(([type, sentence]) => {
    const everywhere = type in actor.on;
    const states = Object.entries(actor.states)
      .filter(([, state]) => type in (state.on ?? {}))
      .map(([name]) => name);
    const where = everywhere ? 'every state' : states.join(', ');
    return `| \`${type}\` | ${sentence} | ${where === '' ? '—' : where} |`;
  });
  return ['| Message | Meaning | Acted on in |', '|---|---|---|', ...rows].join('\n');
}

/** The machine as a Mermaid state diagram: one arrow for each pair of states, labelled with what leads from one to the other. */
function mermaid(actor: Actor): string {
  const arrows = new Map<string, string[]>();
  const add = (from: string, to: string, label: string): void => {
    const key = `${from} --> ${to}`;
    const labels = arrows.get(key) ?? [];
    if (!labels.includes(label)) labels.push(label);
    arrows.set(key, labels);
  };
  for (const [name, state] of Object.entries(actor.states)) {
    for (const [type, branches] of Object.entries(state.on ?? {})) {
      for (const branch of listOf(branches))
        if (branch.target !== undefined && branch.target !== name) add(name, branch.target, labelOf(type, branch));
    }
    for (const [delay, branches] of Object.entries(state.after ?? {})) {
      for (const branch of listOf(branches))
        if (branch.target !== undefined) add(name, branch.target, labelOf(`after ${delay}`, branch));
    }
    if (state.type !== 'final') {
      for (const [type, branches] of Object.entries(actor.on)) {
        if (type in (state.on ?? {})) continue;
        for (const branch of listOf(branches as AnyBranch)) {
          if (branch.target !== undefined && branch.target !== name) add(name, branch.target, labelOf(type, branch));
        }
      }
    }
  }
  const finals = Object.entries(actor.states).filter(([, state]) => state.type === 'final');
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${actor.initial}`,
    ...[...arrows].map(([arrow, labels]) => `  ${arrow}: ${labels.join('<br/>')}`),
    ...finals.map(([name]) => `  ${name} --> [*]`),
    '```',
  ].join('\n');
}

const listOf = (branches: AnyBranch | readonly AnyBranch[] | undefined): readonly AnyBranch[] =>
  branches === undefined ? [] : Array.isArray(branches) ? (branches as readonly AnyBranch[]) : [branches as AnyBranch];

const labelOf = (cause: string, { guard }: AnyBranch): string => (guard === undefined ? cause : `${cause} [${guard}]`);
