import type { ChainEnd } from '../chain/compile-chain.js';
import { unknownWatermark } from '../gate/valve.js';
import type { OperatorSides, RecordOutput, TaskOutput } from './task-output.js';

/** The end of a task's chain: its output, with watermarks that never fall. */
export class TaskEnd implements ChainEnd {
  readonly records: RecordOutput;
  watermarkOut = unknownWatermark;

  constructor(private readonly output: TaskOutput) {
    this.records = output.records;
  }

  readonly watermark = (timestamp: number): void => {
    if (timestamp <= this.watermarkOut) return;
    this.watermarkOut = timestamp;
    this.output.event({ kind: 'watermark', timestamp });
  };

  readonly idle = (isIdle: boolean): void => this.output.event({ kind: 'status', idle: isIdle });

  sidesOf(uid: string): OperatorSides | null {
    return this.output.sidesOf(uid);
  }
}
