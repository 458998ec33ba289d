import type { Timer } from '../../ports/clock.js';
import type { OperatorPart } from '../chain/chain-part.js';
import { StateTables } from '../checkpoint/state-tables.js';
import type { Culprit } from '../task-failure.js';
import type { Mailbox } from './mailbox.js';

/** One operator of one attempt, with what the engine keeps about it. */
export interface OperatorInstance {
  readonly part: OperatorPart;
  readonly culprit: Culprit;
  /** Its position among the parts of the chain. */
  readonly at: number;
  readonly mailbox: Mailbox;
  readonly tables: StateTables;
  /** The deadline of the lifecycle call that is pending; null when none is. */
  deadline: Timer | null;
  /** Its `finish` is over: it emits nothing more. */
  finished: boolean;
}

export function operatorInstance(part: OperatorPart, at: number, mailbox: Mailbox): OperatorInstance {
  const tables = new StateTables();
  return { part, culprit: part.culprit, at, mailbox, tables, deadline: null, finished: false };
}
