import * as file from './connectors/file/index.js';
import * as generator from './connectors/generator/index.js';
import * as weirflow from './index.js';
import type { EngineModules } from './runtime/code/engine-modules.js';

/** What jobs can import: one entry for each path of the package that a job may need. A spec holds it equal to what the package exports. */
export const engineModules: EngineModules = {
  weirflow,
  'weirflow/connectors/file': file,
  'weirflow/connectors/generator': generator,
};

/** Where this module is: a slot's thread imports it by this URL. */
export const engineUrl: string = import.meta.url;
