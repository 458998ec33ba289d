import { describe, expect, it } from 'vitest';
import { everyRule } from './every-rule.js';
import { findingsOf } from './rule.js';
import { parseSource } from './source.js';

interface Fixtures {
  /** Path, source: each is a finding of this rule. */
  readonly fires: readonly (readonly [path: string, text: string])[];
  /** What looks much like it and is allowed. */
  readonly passes: readonly (readonly [path: string, text: string])[];
}

const manyLines = (count: number): string => 'export {};\n'.repeat(count);

const fixtures: Readonly<Record<string, Fixtures>> = {
  'imports run downward': {
    fires: [
      ['src/time/a.ts', "import { b } from '../operators/b.js';"],
      ['src/operators/a.ts', "export * from '../graph/b.js';"],
      ['src/task/a.ts', "import type { B } from '../storage/memory/b.js';"],
      ['src/state/a.ts', "import { b } from '../window/b.js';"],
      ['src/runtime/a.ts', "const b = await import('../cli/b.js');"],
      ['src/ports/a.ts', "export type B = import('../runtime/b.js').B;"],
      ['src/graph/a.ts', "import { b } from '../index.js';"],
      ['actors/protocol/a.ts', "import { step } from '../kernel/step.js';"],
      ['actors/kernel/a.ts', "import type { M } from '../slot/messages.js';"],
      ['src/api/a.ts', "import { b } from '../../scripts/b.js';"],
      ['src/somewhere-new/a.ts', ''],
    ],
    passes: [
      ['src/simulation/a.ts', "import { b } from '../runtime/b.js';\nimport { c } from '../task/c.js';"],
      ['src/task/a.ts', "import { b } from '../graph/b.js';\nimport { c } from '../time/c.js';"],
      ['src/cli/a.ts', "import { b } from '../rest/b.js';"],
      ['src/index.ts', "export { b } from './api/b.js';"],
      ['src/ports/a.ts', "import type { Address } from '../../actors/protocol/ids.js';"],
      ['src/state/heap/a.ts', "import { b } from '../b.js';"],
      ['actors/slot/machine.ts', "import { step } from '../kernel/step.js';"],
    ],
  },
  'adapters are strangers': {
    fires: [
      ['src/transport/nats/bus.ts', "import { b } from '../memory/bus.js';"],
      ['src/connectors/csv/source.ts', "import { b } from '../file/source.js';"],
      ['src/storage/layout.ts', "import { b } from './s3/store.js';"],
    ],
    passes: [
      ['src/transport/nats/bus.ts', "import { b } from '../limits.js';\nimport { c } from './connection.js';"],
      ['src/transport/nats/bus.ts', "import { b } from '../codec/frame.js';"],
      ['src/runtime/world/ports.ts', "import { b } from '../../storage/s3/store.js';"],
    ],
  },
  'actors import xstate and actors': {
    fires: [
      ['actors/slot/machine.ts', "import { createHash } from 'node:crypto';"],
      ['actors/kernel/step.ts', "import { b } from '../../src/ports/clock.js';"],
    ],
    passes: [['actors/slot/machine.ts', "import { setup } from 'xstate';\nimport { a } from '../protocol/ids.js';"]],
  },
  'actors meet in messages': {
    fires: [
      ['actors/slot/decisions.ts', "import { subtaskMachine } from '../subtask/machine.js';"],
      ['actors/slot/machine.ts', "import type { B } from '../subtask/decisions.js';"],
    ],
    passes: [
      [
        'actors/slot/machine.ts',
        "import type { M } from '../subtask/messages.js';\nimport { d } from './decisions.js';",
      ],
      ['actors/every-actor.ts', "export { slotMachine } from './slot/machine.js';"],
    ],
  },
  'the public door is for users': {
    fires: [
      ['src/runtime/a.ts', "import { defineJob } from 'weirflow';"],
      ['examples/orders.ts', "import { defineJob } from '../src/index.js';"],
    ],
    passes: [['examples/orders.ts', "import { defineJob } from 'weirflow';\nimport { b } from './data.js';"]],
  },
  'no real clock': {
    fires: [
      ['actors/slot/a.ts', 'export const now = () => Date.now();'],
      ['src/task/a.ts', 'export const now = () => performance.now();'],
      ['src/window/a.ts', 'export const now = () => new Date();'],
      ['src/state/a.ts', 'export const now = () => globalThis.Date.now();'],
      ['src/graph/a.ts', "import { performance } from 'node:perf_hooks';"],
      ['src/runtime/a.ts', 'export const now = () => process.hrtime.bigint();'],
    ],
    passes: [
      ['src/runtime/world/clock.ts', 'export const now = () => Date.now();'],
      ['src/time/a.ts', 'export const year = (at: number) => new Date(at).getUTCFullYear();'],
      ['src/time/a.ts', "export const text = 'Date.now()'; // Date.now() is banned"],
    ],
  },
  'no real timer': {
    fires: [
      ['actors/slot/a.ts', 'setTimeout(() => go(), delayMs);'],
      ['src/operators/a.ts', 'export const t = globalThis.setInterval(go, delayMs);'],
      ['src/rest/a.ts', "import { setTimeout as sleep } from 'node:timers/promises';"],
      ['src/simulation/a.ts', 'export const soon = setImmediate;'],
    ],
    passes: [
      ['src/cli/a.ts', 'setTimeout(() => go(), delayMs);'],
      ['src/ports/clock.ts', 'export interface Clock { setTimeout(go: () => void, delayMs: number): void }'],
      ['src/task/a.ts', 'clock.setTimeout(go, delayMs);'],
    ],
  },
  'no Math.random': {
    fires: [
      ['src/runtime/world/entropy.ts', 'export const draw = () => Math.random();'],
      ['actors/leader/a.ts', 'export const draw = Math.random;'],
    ],
    passes: [['src/task/a.ts', 'export const floor = Math.floor(entropy.random());']],
  },
  'no real entropy': {
    fires: [
      ['src/api/a.ts', "import { createHash, randomUUID as id } from 'node:crypto';"],
      ['src/transport/nats/a.ts', 'export const id = () => crypto.randomUUID();'],
    ],
    passes: [
      ['src/graph/a.ts', "import { createHash } from 'node:crypto';"],
      ['src/runtime/world/entropy.ts', "import { randomBytes } from 'node:crypto';"],
    ],
  },
  'no promises': {
    fires: [
      ['actors/slot/a.ts', 'export async function go() {}'],
      ['actors/slot/a.ts', 'export type Later = Promise<number>;'],
      ['src/task/a.ts', 'queueMicrotask(go);'],
      ['src/task/a.ts', 'await go();'],
      ['src/task/a.ts', 'for await (const record of records) go(record);'],
    ],
    passes: [
      ['src/runtime/a.ts', 'export async function go(): Promise<void> { await ready; }'],
      ['actors/slot/a.ts', "export const state = 'awaitingSlots'; // await, async, Promise"],
    ],
  },
  'no surroundings in actors': {
    fires: [
      ['actors/slot/a.ts', 'export const id = process.pid;'],
      ['actors/slot/a.ts', "console.log('here');"],
      ['actors/slot/a.ts', 'export const id = crypto.randomUUID();'],
    ],
    passes: [
      ['actors/protocol/a.ts', 'export interface Address { readonly process: string }'],
      ['actors/protocol/a.ts', 'export const text = (process: string) => process.trim();'],
      ['actors/protocol/a.ts', 'export const text = (address: Address) => address.process;'],
      ['src/runtime/a.ts', 'export const id = process.pid;'],
    ],
  },
  'no any': {
    fires: [
      ['src/task/a.ts', 'export const a = value as any;'],
      ['specs/a.spec.ts', 'const a: any = 1;'],
      ['scripts/a.ts', 'const a = new Map<string, any>();'],
    ],
    passes: [['src/task/a.ts', 'export const any = (value: unknown): string => String(value); // any']],
  },
  'no silenced compiler': {
    fires: [
      ['src/task/a.ts', '// @ts-ignore\nexport const a = 1;'],
      ['specs/a.spec.ts', 'function f() {\n  /* @ts-ignore */\n}'],
      ['scripts/a.ts', '// @ts-nocheck\nexport {};'],
    ],
    passes: [
      ['specs/types/a.types.ts', '// @ts-expect-error a key must be a string\nf(1);'],
      ['specs/a.spec.ts', "const text = '// @ts-ignore';"],
    ],
  },
  'every spec runs': {
    fires: [
      ['specs/a.spec.ts', "it.only('a', () => {});"],
      ['specs/a.spec.ts', "describe.skip('a', () => {});"],
      ['property-tests/a.property.ts', "test.todo('a');"],
      ['specs/a.spec.ts', "it.concurrent.only('a', () => {});"],
    ],
    passes: [['specs/a.spec.ts', 'reader.skip(4); records.only(first);']],
  },
  'no sleeps in specs': {
    fires: [
      ['specs/a.spec.ts', 'await new Promise((resolve) => setTimeout(resolve, 100));'],
      ['specs/a.spec.ts', 'setTimeout(go, 5 * 1_000);'],
      ['property-tests/a.property.ts', 'globalThis.setTimeout(go, 0);'],
    ],
    passes: [
      ['specs/a.spec.ts', 'setTimeout(giveUp, deadlineMs);'],
      ['specs/a.spec.ts', "const text = 'setTimeout(go, 100)';"],
    ],
  },
  'no empty catch': {
    fires: [
      ['src/runtime/a.ts', 'try { go(); } catch {}'],
      ['src/runtime/a.ts', 'try { go(); } catch (error) { /* never mind */ }'],
      ['scripts/a.ts', 'go().catch(() => {});'],
    ],
    passes: [['src/runtime/a.ts', 'try { go(); } catch { return undefined; }']],
  },
  'no state in modules': {
    fires: [
      ['src/task/a.ts', 'let count = 0;'],
      ['src/task/a.ts', 'const seen = new Map<string, number>();'],
      ['src/task/a.ts', 'export const seen: Set<string> = new Set();'],
      ['actors/slot/a.ts', 'const waiting: string[] = [];'],
      ['src/task/a.ts', 'const table = Array.from(names);'],
      ['src/task/a.ts', 'const table = [1, 2] as number[];'],
    ],
    passes: [
      ['src/task/a.ts', "const names = ['a', 'b'] as const;"],
      ['src/task/a.ts', "const names = ['a', 'b'] as const satisfies readonly Name[];"],
      ['src/task/a.ts', 'const seen: ReadonlyMap<string, number> = new Map([["a", 1]]);'],
      ['src/task/a.ts', 'const names: readonly string[] = [];'],
      ['src/task/a.ts', 'const compiled = new WeakMap<Chain, Compiled>();'],
      ['src/task/a.ts', 'export function f() { let count = 0; const seen = new Set(); return [count, seen]; }'],
      ['specs/a.spec.ts', 'let cluster;'],
    ],
  },
  'a name says what it holds': {
    fires: [
      ['src/utils/a.ts', ''],
      ['src/task/helpers.ts', ''],
      ['specs/common/a.spec.ts', ''],
      ['src/task/frame-utils.ts', ''],
    ],
    passes: [['src/task/common-shape.ts', '']],
  },
  'names are kebab-case': {
    fires: [
      ['src/task/keyGroup.ts', ''],
      ['src/Task/a.ts', ''],
      ['src/task/key_group.ts', ''],
      ['specs/a.test.ts', ''],
    ],
    passes: [
      ['src/task/key-group.ts', ''],
      ['specs/types/key-group.types.ts', ''],
      ['property-tests/key-group.property.ts', ''],
      ['src/storage/s3/store.ts', ''],
    ],
  },
  'at most 400 lines': {
    fires: [['src/task/a.ts', manyLines(401)]],
    passes: [['src/task/a.ts', manyLines(400)]],
  },
};

describe('tidy: the rules themselves', () => {
  it('has fixtures for every rule', () => {
    // A rule that nobody has seen fire may be one that cannot.
    expect(Object.keys(fixtures).sort()).toEqual(everyRule.map((rule) => rule.name).sort());
  });

  describe.each(everyRule.map((rule) => ({ name: rule.name, rule })))('$name', ({ name, rule }) => {
    const { fires, passes } = fixtures[name] ?? { fires: [], passes: [] };

    it.each(fires)('fires in %s: %s', (path, text) => {
      const [finding] = findingsOf(rule, [parseSource(path, text)]);
      expect(finding).toContain(`${path}:`);
      expect(finding).toContain(name);
      expect(finding).toContain(rule.why);
      expect(finding).toContain(rule.instead);
    });

    it.each(passes)('passes in %s: %s', (path, text) => {
      expect(findingsOf(rule, [parseSource(path, text)])).toEqual([]);
    });
  });

  it('names the line', () => {
    const source = parseSource('src/task/a.ts', 'export const a = 1;\n\nlet count = 0;\n');
    const findings = everyRule.flatMap((rule) => findingsOf(rule, [source]));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(/^src\/task\/a\.ts:3 {2}no state in modules: let count\n/);
  });
});
