import type { TraceRecord } from '../../../src/ports/telemetry.js';

const step: TraceRecord = {
  seq: 1,
  cause: null,
  process: 'jm',
  incarnation: 'life',
  actor: 'dispatcher',
  atMs: 0,
  message: { type: 'actor.start' },
  from: null,
  verdict: { kind: 'taken' },
  fromState: null,
  toState: null,
  contextPatch: {},
  effects: [],
};

/** One step of an actor, in those parts that matter to the spec. */
export const stepOf = (parts: Partial<TraceRecord>): TraceRecord => ({ ...step, ...parts });
