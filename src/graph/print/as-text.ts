import type { Box, Drawing } from './drawing.js';

/** The graph for a terminal: one block a box, in topological order, with its arrows below. */
export function asText(drawing: Drawing): string {
  const { title, summary, boxes } = drawing;
  return [title, summary, ...boxes.map((box) => `\n${blockOf(box, drawing)}`)].join('\n');
}

function blockOf({ id, facts, rows, arrows }: Box, drawing: Drawing): string {
  const bar = arrows.length > 0 ? '│' : ' ';
  return [
    ['●', id, ...facts].join('  '),
    ...inColumns(rows, drawing).map((row) => `${bar}  ${row}`),
    ...arrows.map(({ to, label }, index) => `${index < arrows.length - 1 ? '├' : '└'}─▶ ${to}  (${label})`),
  ].join('\n');
}

/** Pads to the widest cell of each column over the whole drawing, so that blocks line up with each other. */
function inColumns(rows: Box['rows'], { boxes }: Drawing): string[] {
  const all = boxes.flatMap((box) => box.rows);
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = Math.max(...all.map((other) => other[column]?.length ?? 0));
        return width === 0 ? '' : `${cell.padEnd(width)}  `;
      })
      .join('')
      .trimEnd(),
  );
}
