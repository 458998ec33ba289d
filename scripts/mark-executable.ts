import { chmodSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** tsc writes plain files; the `weir` command has to be executable when the package is linked rather than installed. */
const command = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));

if (existsSync(command)) chmodSync(command, 0o755);
else process.stderr.write('build: dist/src/cli/main.js was not emitted, so there is no weir command to mark\n');
