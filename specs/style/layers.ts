import { posix } from 'node:path';
import type { Rule } from './rule.js';
import { under } from './rule.js';
import { importsOf } from './source.js';

/**
 * The layers, from the lowest to the highest. Imports run downward only; folders of one layer are peers and know
 * nothing of each other. A folder is found by its longest matching prefix; 'src/*' are the files directly in src.
 */
const layers: readonly (readonly string[])[] = [
  ['actors/protocol/'],
  ['actors/kernel/'],
  ['actors/'],
  ['src/ports/'],
  ['src/time/'],
  ['src/state/', 'src/window/', 'src/cep/'],
  ['src/operators/'],
  ['src/graph/'],
  ['src/task/', 'src/api/', 'src/transport/', 'src/storage/', 'src/connectors/', 'src/metrics/'],
  ['src/runtime/'],
  ['src/savepoint/'],
  ['src/state-api/'],
  ['src/web/'],
  ['src/rest/', 'src/simulation/'],
  ['src/*'],
  ['src/cli/'],
  ['scripts/', 'specs/', 'property-tests/', 'examples/'],
];

/** Each folder in one of these is an adapter to one outside system. Files directly in them are shared by its adapters. */
const adapterFamilies = ['src/transport/', 'src/storage/', 'src/connectors/'] as const;

/** Folders in a family that are no adapters, but what its adapters share. */
const sharedByAdapters: readonly string[] = ['src/transport/codec/', 'src/transport/msgpack/'];

const programs = under('actors/', 'src/');

export const layerRule: Rule = {
  name: 'imports run downward',
  why: 'what is below can be read, tested and replaced without what is above it, and peers stay independent',
  instead:
    'move the shared part to a lower layer, or take it as a parameter through a port; the order stands in specs/style/layers.ts and ARCHITECTURE.md',
  appliesTo: programs,
  *find(source) {
    const from = placeOf(source.path);
    if (from === undefined) {
      yield { line: 1, what: `${posix.dirname(source.path)} has no place in the table of layers` };
      return;
    }
    for (const { target, line } of relativeImports(source)) {
      const to = placeOf(target);
      if (to === undefined || from.folder === to.folder) continue;
      if (to.layer > from.layer) yield { line, what: `${from.folder} imports ${target}, which is above it` };
      if (to.layer === from.layer) yield { line, what: `${from.folder} imports ${target}, its peer` };
    }
  },
};

export const adapterRule: Rule = {
  name: 'adapters are strangers',
  why: 'an adapter can then be left out, replaced, or moved to a package of its own',
  instead: 'move what both need to the folder above them, or to src/ports',
  appliesTo: under(...adapterFamilies),
  *find(source) {
    for (const { target, line } of relativeImports(source)) {
      const from = adapterOf(source.path);
      const to = adapterOf(target);
      if (to !== undefined && from !== to) yield { line, what: `${from ?? source.path} imports the adapter ${to}` };
    }
  },
};

export const actorImportRule: Rule = {
  name: 'actors import xstate and actors',
  why: 'an actor that can reach nothing can do nothing: all it wants done is an effect',
  instead: 'put plain data into actors/protocol, or ask for the work with an effect and get the answer as a message',
  appliesTo: under('actors/'),
  *find(source) {
    for (const { specifier, line } of importsOf(source)) {
      if (!specifier.startsWith('.') && specifier !== 'xstate') yield { line, what: `imports '${specifier}'` };
    }
    for (const { target, line } of relativeImports(source)) {
      if (!target.startsWith('actors/')) yield { line, what: `imports ${target}` };
    }
  },
};

export const otherActorRule: Rule = {
  name: 'actors meet in messages',
  why: "an actor that knows another's machine depends on how it works, and not on what it says",
  instead: "import the other actor's messages.ts, or move the shared data to actors/protocol",
  appliesTo: (path) => actorOf(path) !== undefined,
  *find(source) {
    for (const { target, line } of relativeImports(source)) {
      const other = actorOf(target);
      if (other === undefined || other === actorOf(source.path)) continue;
      if (target !== `actors/${other}/messages.ts`) yield { line, what: `imports ${target}` };
    }
  },
};

export const packageNameRule: Rule = {
  name: 'the public door is for users',
  why: 'examples are what a user can write, and the package itself must not go round through its own built output',
  instead: "in examples/ import 'weirflow', 'weirflow/testing' or 'weirflow/connectors/…'; in src/ import the file",
  appliesTo: under('actors/', 'src/', 'examples/'),
  *find(source) {
    const isExample = source.path.startsWith('examples/');
    for (const { specifier, line } of importsOf(source)) {
      const isPackage = specifier === 'weirflow' || specifier.startsWith('weirflow/');
      if (isPackage && !isExample) yield { line, what: `imports '${specifier}'` };
    }
    for (const { target, line } of relativeImports(source)) {
      if (isExample && !target.startsWith('examples/')) yield { line, what: `imports ${target}` };
    }
  },
};

function* relativeImports(source: Parameters<typeof importsOf>[0]): Generator<{ target: string; line: number }> {
  for (const { specifier, line } of importsOf(source)) {
    if (!specifier.startsWith('.')) continue;
    const path = posix.join(posix.dirname(source.path), specifier);
    yield { target: path.replace(/\.js$/, '.ts').replace(/\.jsx$/, '.tsx'), line };
  }
}

function placeOf(path: string): { folder: string; layer: number } | undefined {
  const prefix = /^src\/[^/]+$/.test(path) ? 'src/*' : path;
  let found: { folder: string; layer: number } | undefined;
  for (const [layer, folders] of layers.entries()) {
    for (const folder of folders) {
      if (prefix.startsWith(folder) && folder.length > (found?.folder.length ?? 0)) found = { folder, layer };
    }
  }
  return found;
}

function adapterOf(path: string): string | undefined {
  const family = adapterFamilies.find((folder) => path.startsWith(folder));
  if (family === undefined || sharedByAdapters.some((folder) => path.startsWith(folder))) return undefined;
  const [adapter, ...rest] = path.slice(family.length).split('/');
  return rest.length > 0 ? `${family}${adapter}` : undefined;
}

function actorOf(path: string): string | undefined {
  const [top, actor, ...rest] = path.split('/');
  if (top !== 'actors' || rest.length === 0 || actor === 'protocol' || actor === 'kernel') return undefined;
  return actor;
}
