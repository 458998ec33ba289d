import type { KeySelector, Operator } from '../../operators/operator.js';
import { BasicOperator } from '../../operators/operator.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import type { Culprit } from '../task-failure.js';

/** A stage that is a plain function. */
export interface FunctionPart {
  readonly kind: 'map' | 'filter' | 'flatMap';
  readonly culprit: Culprit;
  readonly fn: (value: never) => unknown;
}

/** A stage that is an operator, created for this attempt. With a key selector it has keyed state. */
export interface OperatorPart {
  readonly kind: 'operator';
  readonly culprit: Culprit;
  readonly operator: Operator;
  readonly keyed: KeyedPart | null;
  /** Null for an operator with one input. */
  readonly second: SecondInput | null;
  /** Stopped in the middle of what it puts out. */
  held: boolean;
}

export interface KeyedPart {
  readonly state: KeyedStateBackend;
  /** Of its first input; null when records of that have no key. */
  readonly select: KeySelector | null;
  /** The newest that came to this operator: those before it in the chain may hold watermarks back. */
  watermark: number;
}

/** The second input of an operator: where its records go, and how their key is found, if they have one. */
export interface SecondInput {
  process(value: unknown, timestamp: number): void;
  readonly select: KeySelector | null;
}

export type ChainPart = FunctionPart | OperatorPart;

/** Operators that leave `ready` alone always are; asking only the others keeps the question off the path of records. */
export const saysWhenReady = (operator: Operator): boolean => operator.ready !== BasicOperator.prototype.ready;
