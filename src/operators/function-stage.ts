import { BasicOperator, type Stage } from './operator.js';

type FunctionStageCode = Extract<Stage, { readonly fn: unknown }>;

/** A plain function as an operator of its own: where it is not fused with others. */
export class FunctionStage extends BasicOperator<never, unknown> {
  constructor(private readonly stage: Pick<FunctionStageCode, 'kind' | 'fn'>) {
    super();
  }

  process(value: never, timestamp: number): void {
    const { output } = this.context;
    const made = this.stage.fn(value);
    if (this.stage.kind === 'map') output.emit(made, timestamp);
    else if (this.stage.kind === 'filter') {
      if (made) output.emit(value, timestamp);
    } else for (const each of made as Iterable<unknown>) output.emit(each, timestamp);
  }
}
