import { type Versions, wireVersion } from '../../../actors/protocol/versions.js';

/** The version of this package; a spec holds it equal to package.json. */
export const engineVersion = '0.1.0';

/** What this process tells others of itself. */
export const ownVersions: Versions = { engine: engineVersion, wire: wireVersion };

/**
 * What jobs get when they import `weirflow` or one of its paths: by specifier, the exports of the engine that runs them. A job's
 * bundle never holds a copy of the engine, so that its classes and the engine's are the same.
 */
export type EngineModules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Under this key of `globalThis` a bundle finds the engine; another version of it in the same process has another key. */
const engineGlobal: symbol = Symbol.for(`weirflow/${engineVersion}`);

/** Makes the engine known to bundles that are evaluated with this global object. */
export function installEngine(engine: EngineModules, global: object = globalThis): void {
  Reflect.set(global, engineGlobal, engine);
}

/** The module that stands in a bundle for `specifier`: each export reads the engine's, and those not used fall away. */
export function shimOf(specifier: string, engine: EngineModules): string {
  const names = Object.keys(engine[specifier] ?? {});
  return [
    `const engine = globalThis[Symbol.for('weirflow/${engineVersion}')];`,
    `if (engine === undefined) throw new Error('This job was bundled for weirflow ${engineVersion}, which does not run here.');`,
    `const exported = engine['${specifier}'];`,
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ (() => exported.${name})();`),
  ].join('\n');
}
