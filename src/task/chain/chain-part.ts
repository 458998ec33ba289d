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
  /** Stopped in the middle of what it puts out. */
  held: boolean;
}

export interface KeyedPart {
  readonly state: KeyedStateBackend;
  readonly select: KeySelector;
  /** The newest that came to this operator: those before it in the chain may hold watermarks back. */
  watermark: number;
}

export type ChainPart = FunctionPart | OperatorPart;

/** Operators that leave `ready` alone always are; asking only the others keeps the question off the path of records. */
export const saysWhenReady = (operator: Operator): boolean => operator.ready !== BasicOperator.prototype.ready;
