import type { DeadLetter } from '../../operators/error-policy.js';
import { FunctionStage } from '../../operators/function-stage.js';
import { GuardedOperator } from '../../operators/guarded-operator.js';
import type { KeySelector, Operator, Stage, TwoInputOperator } from '../../operators/operator.js';
import { rangeOf } from '../../state/key-groups.js';
import { createKeyedState } from '../../state/state-backends.js';
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
        const keyed = stage.key === null ? null : keyedPart(setting, stage, stage.key);
        const operator = guarded(created(stage.create, culprit), stage, keyed, setting);
        return { kind: 'operator', culprit, operator, keyed, second: null, held: false };
      }
      case 'twoInputs': {
        const [first, second] = stage.keys;
        const keyed = first === null && second === null ? null : keyedPart(setting, stage, first);
        const operator = guarded(created(stage.create, culprit), stage, keyed, setting);
        const process = (value: unknown, timestamp: number): void => operator.processSecond(value, timestamp);
        return { kind: 'operator', culprit, operator, keyed, second: { process, select: second }, held: false };
      }
      default: {
        if (!hasPolicy(stage, setting)) return { kind: stage.kind, culprit, fn: stage.fn };
        const operator = guarded(new FunctionStage(stage) as Operator, stage, null, setting);
        return { kind: 'operator', culprit, operator, keyed: null, second: null, held: false };
      }
    }
  });
}

const hasPolicy = ({ uid }: Stage, { program }: TaskletSetting): boolean => program.errorPolicies?.has(uid) === true;

/** The operator under its error policy; as it is when it has none. */
function guarded<O extends Operator | TwoInputOperator>(
  operator: O,
  { uid }: Stage,
  keyed: KeyedPart | null,
  { program, trace, job }: TaskletSetting,
): O | GuardedOperator {
  const policy = program.errorPolicies?.get(uid) ?? 'fail';
  if (policy === 'fail') return operator;
  const firstFailed = (error: DeadLetter['error']): void => trace('recordFailed', { job, operator: uid, ...error });
  return new GuardedOperator(operator, keyed?.state ?? null, policy, firstFailed);
}

function keyedPart(
  { vertex, index, options, ports, stateBackend, stateMemoryBytes, wake }: TaskletSetting,
  { uid }: Stage,
  select: KeySelector | null,
): KeyedPart {
  const { parallelism, maxParallelism } = vertex;
  const range = rangeOf(index, parallelism, maxParallelism);
  const { development } = options;
  const { clock, stores } = ports;
  const memory = { memoryBytes: stateMemoryBytes, stores, wake };
  return {
    state: createKeyedState(stateBackend, { operator: uid, maxParallelism, range, development, clock, ...memory }),
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
