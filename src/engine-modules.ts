import * as weirflow from './index.js';
import type { EngineModules } from './runtime/code/engine-modules.js';

/** What jobs can import. One entry for each path of the package that a job may need. */
export const engineModules: EngineModules = { weirflow };
