import { outputTag } from '../../api/output-tag.js';
import type { ProcessContext } from '../../operators/function-operator.js';
import type { ProcessFunction } from '../../operators/process.js';
import { isFirst, type SimRecord } from './sim-record.js';

export const aside = outputTag<SimRecord>('aside');

/** Sends about half of the records aside. */
export class Divide implements ProcessFunction<SimRecord, SimRecord> {
  constructor(private readonly stage: number) {}

  processElement(record: SimRecord, context: ProcessContext<SimRecord>): void {
    if (isFirst(record, this.stage)) context.emit(record);
    else context.output(aside, record);
  }
}
