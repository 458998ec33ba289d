import type { ExecutionGraph } from '../execution-graph.js';
import type { Drawing } from './drawing.js';

/** The graph as a Mermaid flowchart: one node a box. */
export function asMermaid({ boxes }: Drawing): string {
  const ids = new Map(boxes.map(({ id }, index) => [id, `b${index + 1}`]));
  const lines = ['flowchart LR'];
  for (const { id, facts, rows } of boxes) {
    const content = rows.map((row) => row.filter((cell) => cell !== '').join(' '));
    lines.push(
      `  ${ids.get(id)}["${[`<b>${escaped(id)}</b> ${facts.join(' ')}`, ...content.map(escaped)].join('<br/>')}"]`,
    );
  }
  for (const { id, arrows } of boxes) {
    for (const { to, label } of arrows) lines.push(`  ${ids.get(id)} -->|${label}| ${ids.get(to)}`);
  }
  return lines.join('\n');
}

/** An execution graph as a Mermaid flowchart: one group a vertex, one node a subtask, one arrow a channel. */
export function executionAsMermaid({ job, subtasks, channels }: ExecutionGraph): string {
  const ids = new Map(subtasks.map(({ key }, index) => [key, `s${index + 1}`]));
  const lines = ['flowchart LR'];
  for (const [index, vertex] of job.vertices.entries()) {
    lines.push(`  subgraph v${index + 1} ["${escaped(vertex.id)}"]`);
    for (const { key, vertex: owner } of subtasks) {
      if (owner === vertex.id) lines.push(`    ${ids.get(key)}["${escaped(key)}"]`);
    }
    lines.push('  end');
  }
  for (const { from, to } of channels) lines.push(`  ${ids.get(from)} --> ${ids.get(to)}`);
  return lines.join('\n');
}

/** Mermaid reads quotes and angle brackets in labels; its own entity for `#` keeps subtask keys whole. */
function escaped(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;');
}
