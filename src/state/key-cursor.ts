import type { Ttl } from './ttl.js';

/** Where the states of an operator meet the current key, whatever its backend keeps it in. A slot belongs to one state. */
export interface KeyCursor {
  /** Numbers the times between snapshots; see Cursor. */
  readonly interval: number;
  /** Undefined where the current key has nothing. What is handed out may be changed in place, when `changing` is called before that. */
  read(slot: number): unknown;
  /** `noted` is false for what notes itself how it is taken back. */
  write(slot: number, content: unknown, noted?: boolean): void;
  /** What a slot of the current key holds is about to be changed in place. */
  changing(slot: number): void;
  /** Empties the slot; a key without any state is forgotten. */
  empty(slot: number, noted?: boolean): void;
  /** Whether anybody might take back what is changed now. */
  readonly notes: boolean;
  /** How to take back a change in place. Who changes much asks `notes` first. */
  note(step: () => void): void;
}

/** Tells a state with a TTL what of it has expired. */
export interface Expiring {
  readonly ttl: Ttl;
  /** To be called at each access, before it: returns the time, and may give some memory back. */
  access(): number;
  /** What was last touched then has expired. */
  through(nowMs: number): number;
}
