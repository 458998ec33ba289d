import type { Incarnation, ProcessName } from '../../../actors/protocol/ids.js';

/** One living actor, as it was when it was asked. */
export interface ActorView {
  readonly kind: 'actor';
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly actor: string;
  readonly role: string;
  readonly state: string;
  /** How long it had been in that state. */
  readonly forMs: number;
  /** What the state waits for: ids of subtasks, slots, records. The first few; `waitsForMore` counts the others. */
  readonly waitsFor: readonly string[];
  readonly waitsForMore: number;
  /** Ids of the questions that it has asked and nobody has answered; likewise. */
  readonly questions: readonly string[];
  readonly questionsMore: number;
}

/** What a step is about, in as far as it is short: words and numbers of the message, beside its type. */
export interface MessageView {
  readonly type: string;
  readonly [field: string]: string | number | boolean | null;
}

/** One message that an actor took, ignored or refused, or that reached none. */
export interface StepView {
  readonly kind: 'step';
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  /** Numbers the steps of a process; `cause` is the step of the same process whose effect led to this one. */
  readonly seq: number;
  readonly cause: number | null;
  /** By the clock of that process, in milliseconds since 1970. */
  readonly wallMs: number;
  readonly actor: string;
  readonly role: string;
  readonly message: MessageView;
  /** Who sent it: `process actor`; null when it came from inside. */
  readonly from: string | null;
  readonly verdict: 'taken' | 'ignored' | 'refused' | 'dropped';
  /** Why, unless it was taken. */
  readonly reason: string | null;
  readonly fromState: string | null;
  readonly toState: string | null;
  /** Names of the fields of its context that changed. */
  readonly changed: readonly string[];
  /** The first few, in brief; `effectsMore` counts the others. */
  readonly effects: readonly string[];
  readonly effectsMore: number;
}

/** Steps that nobody gets to see: there were more than a process publishes, or than this watcher took (`process` null). */
export interface DroppedView {
  readonly kind: 'dropped';
  readonly process: ProcessName | null;
  readonly count: number;
}

export type InspectEvent = ActorView | StepView | DroppedView;

/** How much a watcher wants to see: `changes` are steps that change a state, and what is refused or dropped. */
export type StepDetail = 'none' | 'changes' | 'all';

/** Said by a watcher again and again: a process goes on only while it hears this. */
export interface WatchRequest {
  readonly detail: StepDetail;
  /** Lives of processes whose actors it has seen, as `process@incarnation`: the others answer with theirs. */
  readonly known: readonly string[];
}

/** What a process answers and publishes. */
export type Report =
  | {
      readonly kind: 'snapshot';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      /** A snapshot has as many parts as it needs; those of one have one number. */
      readonly number: number;
      readonly part: number;
      readonly parts: number;
      readonly actors: readonly ActorView[];
    }
  | {
      readonly kind: 'steps';
      readonly process: ProcessName;
      /** How many more there were, which are left out. */
      readonly dropped: number;
      readonly steps: readonly StepView[];
    };

export const lifeText = ({ process, incarnation }: Pick<ActorView, 'process' | 'incarnation'>): string =>
  `${process}@${incarnation}`;
