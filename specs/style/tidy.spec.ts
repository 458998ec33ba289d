import { describe, expect, it } from 'vitest';
import { everyRule } from './every-rule.js';
import { findingsOf } from './rule.js';
import { readTree } from './tree.js';

describe('tidy: the whole tree', () => {
  const tree = readTree();

  it('is read at all', () => {
    // A checker that looks at no file finds nothing, and says that all is well.
    expect(tree.map((source) => source.path)).toContain('specs/style/tidy.spec.ts');
  });

  it.each(everyRule.map((rule) => ({ name: rule.name, rule })))('$name', ({ rule }) => {
    const findings = findingsOf(rule, tree);
    expect(findings, `\n${findings.join('\n')}\n`).toHaveLength(0);
  });
});
