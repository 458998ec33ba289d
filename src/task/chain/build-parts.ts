import { FunctionStage } from '../../operators/function-stage.js';
import { GuardedOperator } from '../../operators/guarded-operator.js';
import type { Operator, Stage } from '../../operators/operator.js';
import { createHeapState } from '../../state/heap/heap-state.js';
import { rangeOf } from '../../state/key-groups.js';
import type { KeyedStateBackend } from '../../state/keyed-state.js';
import { unknownWatermark } from '../gate/valve.js';
import { failureOfThrown } from '../task-failure.js';
import type { TaskletSetting } from '../tasklet-setting.js';
import type { ChainPart, OperatorPart } from './chain-part.js';

/** The stages of a vertex as parts of a chain, with operators and keyed state of their own for this attempt. */
export function buildParts({
  program,
  vertex,
  index,
  options,
  ports,
  trace,
  job,
}: TaskletSetting): readonly ChainPart[] {
  const { parallelism, maxParallelism } = vertex;
  const range = rangeOf(index, parallelism, maxParallelism);
  const { development } = options;
  return program.stages.map((stage): ChainPart => {
    const culprit = { uid: stage.uid, name: stage.name };
    const policy = program.errorPolicies?.get(stage.uid) ?? 'fail';
    const guarded = (operator: Operator, state: KeyedStateBackend | null): Operator =>
      policy === 'fail'
        ? operator
        : new GuardedOperator(operator, state, policy, (error) =>
            trace('recordFailed', { job, operator: stage.uid, ...error }),
          );
    if (stage.kind !== 'operator' && policy !== 'fail') {
      return {
        kind: 'operator',
        culprit,
        operator: guarded(new FunctionStage(stage) as Operator, null),
        keyed: null,
        held: false,
      };
    }
    if (stage.kind !== 'operator') return { kind: stage.kind, culprit, fn: stage.fn };
    const keyed =
      stage.key === null
        ? null
        : {
            state: createHeapState({ operator: stage.uid, maxParallelism, range, development, clock: ports.clock }),
            select: stage.key,
            watermark: unknownWatermark,
          };
    return {
      kind: 'operator',
      culprit,
      operator: guarded(created(stage, culprit), keyed?.state ?? null),
      keyed,
      held: false,
    };
  });
}

type OperatorStage = Extract<Stage, { kind: 'operator' }>;

function created(stage: OperatorStage, culprit: OperatorPart['culprit']): OperatorPart['operator'] {
  try {
    return stage.create();
  } catch (error) {
    throw failureOfThrown(culprit, 'being created', error);
  }
}
