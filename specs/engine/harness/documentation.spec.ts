import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as weirflow from '../../../src/index.js';
import * as testing from '../../../src/testing.js';
import { compileErrors, examplesIn, modulesOf } from '../api/examples.js';

const examples = examplesIn(fileURLToPath(new URL('../../../src/simulation/harness', import.meta.url)));

const names = (module: object): string => Object.keys(module).join(', ');

describe('the documentation of the operator harness', () => {
  it('has only examples that compile', { timeout: 60_000 }, () => {
    const imports = [
      "import { expect } from 'vitest';",
      `import { ${names(weirflow)} } from '../../../src/index.js';`,
      `import { ${names(testing)} } from '../../../src/testing.js';`,
    ].join('\n');
    expect(examples).toHaveLength(4);
    expect(compileErrors(modulesOf(examples, imports))).toEqual([]);
  });

  it.each(examples)('$name runs', async ({ code }) => {
    const scope = { expect, ...weirflow, ...testing };
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    const run = new Function('scope', `const { ${names(scope)} } = scope; return (async () => { ${outputText} })()`);
    await run(scope);
  });
});
