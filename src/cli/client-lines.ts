import { lineOf } from '../api/client-sinks.js';
import type { ClientOutput } from '../ports/client-output.js';

/** A job's output as lines: what it prints as it is, what it collects as `name> value`, each delivery once. */
export function clientLines(out: (line: string) => void): ClientOutput {
  const delivered = new Set<string>();
  return {
    line: out,
    deliver(collection, id, values) {
      const key = `${collection}/${id}`;
      if (delivered.has(key)) return;
      delivered.add(key);
      for (const value of values) out(`${collection}> ${lineOf(value)}`);
    },
  };
}
