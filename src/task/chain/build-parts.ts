import type { Stage } from '../../operators/operator.js';
import { createHeapState } from '../../state/heap/heap-state.js';
import { rangeOf } from '../../state/key-groups.js';
import { unknownWatermark } from '../gate/valve.js';
import { failureOfThrown } from '../task-failure.js';
import type { TaskletSetting } from '../tasklet-setting.js';
import type { ChainPart, OperatorPart } from './chain-part.js';

/** The stages of a vertex as parts of a chain, with operators and keyed state of their own for this attempt. */
export function buildParts({ program, vertex, index, options }: TaskletSetting): readonly ChainPart[] {
  const { parallelism, maxParallelism } = vertex;
  const range = rangeOf(index, parallelism, maxParallelism);
  const { development } = options;
  return program.stages.map((stage): ChainPart => {
    const culprit = { uid: stage.uid, name: stage.name };
    if (stage.kind !== 'operator') return { kind: stage.kind, culprit, fn: stage.fn };
    const keyed =
      stage.key === null
        ? null
        : {
            state: createHeapState({ operator: stage.uid, maxParallelism, range, development }),
            select: stage.key,
            watermark: unknownWatermark,
          };
    return { kind: 'operator', culprit, operator: created(stage, culprit), keyed, held: false };
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
