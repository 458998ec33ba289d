import type { KeySelector, Stage } from '../../operators/operator.js';
import { createHeapState } from '../../state/heap/heap-state.js';
import { rangeOf } from '../../state/key-groups.js';
import { unknownWatermark } from '../gate/valve.js';
import { type Culprit, failureOfThrown } from '../task-failure.js';
import type { TaskletSetting } from '../tasklet-setting.js';
import type { ChainPart, KeyedPart } from './chain-part.js';

/** The stages of a vertex as parts of a chain, with operators and keyed state of their own for this attempt. */
export function buildParts(setting: TaskletSetting): readonly ChainPart[] {
  return setting.program.stages.map((stage): ChainPart => {
    const culprit = { uid: stage.uid, name: stage.name };
    switch (stage.kind) {
      case 'operator': {
        const operator = created(stage.create, culprit);
        const keyed = stage.key === null ? null : keyedPart(setting, stage, stage.key);
        return { kind: 'operator', culprit, operator, keyed, second: null, held: false };
      }
      case 'twoInputs': {
        const [first, second] = stage.keys;
        const operator = created(stage.create, culprit);
        const keyed = first === null && second === null ? null : keyedPart(setting, stage, first);
        const process = (value: unknown, timestamp: number): void => operator.processSecond(value, timestamp);
        return { kind: 'operator', culprit, operator, keyed, second: { process, select: second }, held: false };
      }
      default:
        return { kind: stage.kind, culprit, fn: stage.fn };
    }
  });
}

function keyedPart({ vertex, index, options }: TaskletSetting, { uid }: Stage, select: KeySelector | null): KeyedPart {
  const { parallelism, maxParallelism } = vertex;
  const range = rangeOf(index, parallelism, maxParallelism);
  const { development } = options;
  return {
    state: createHeapState({ operator: uid, maxParallelism, range, development }),
    select,
    watermark: unknownWatermark,
  };
}

function created<O>(create: () => O, culprit: Culprit): O {
  try {
    return create();
  } catch (error) {
    throw failureOfThrown(culprit, 'being created', error);
  }
}
