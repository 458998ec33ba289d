import { mistake } from '../../api/engine-error.js';
import { Random } from '../random.js';
import { narrow, type Roughness, smooth } from './roughness.js';

/**
 * What an operator has to live with. `fullOutput`: its output is full at every other record, iterables stop and go on. `restore`: snapshot and restore
 * between any two elements. `rescale`: the same, each time into another parallelism. `mixed`: all of it by chance that follows from a seed.
 */
export type CheckMode = 'fullOutput' | 'restore' | 'rescale' | 'mixed';

export const allModes: readonly CheckMode[] = ['fullOutput', 'restore', 'rescale', 'mixed'];

/** What comes between two elements: nothing, or a restore. */
export type Pause = { readonly parallelism: number; readonly roughness: Roughness } | null;

/** One run of a script. */
export interface Course {
  readonly mode: CheckMode | 'undisturbed';
  /** For people: what, beside the mode, leads to the same run. */
  readonly setting: string;
  readonly seed: number | null;
  readonly parallelism: number;
  readonly roughness: Roughness;
  /** Asked before each element, and once more before the end. */
  readonly pause: () => Pause;
  /** Whether promises that are under way settle before the next element comes. */
  readonly waits: () => boolean;
}

const never = (): Pause => null;
const always = (): boolean => true;

export const undisturbed = (parallelism: number): Course => ({
  mode: 'undisturbed',
  setting: `parallelism ${parallelism}`,
  seed: null,
  parallelism,
  roughness: smooth,
  pause: never,
  waits: always,
});

export interface CourseSetting {
  readonly modes: readonly CheckMode[];
  /** At least one. */
  readonly parallelism: readonly number[];
  readonly seed: number;
  readonly runs: number;
}

/** All disturbed runs of a check, the simplest first. */
export function* coursesOf({ modes, parallelism, seed, runs }: CourseSetting): Generator<Course> {
  if (parallelism.length === 0)
    throw mistake('HARNESS_PARALLELISM', "'parallelism' is empty. Give it at least one number.");
  for (const mode of modes) {
    if (mode === 'fullOutput') for (const each of parallelism) yield fullOutput(each);
    else if (mode === 'restore') for (const each of parallelism) yield restoring(each);
    else if (mode === 'rescale') yield rescaling(parallelism);
    else for (let run = 0; run < runs; run += 1) yield mixed(parallelism, seed + run);
  }
}

const fullOutput = (parallelism: number): Course => ({
  ...undisturbed(parallelism),
  mode: 'fullOutput',
  roughness: narrow(2),
});

const restoring = (parallelism: number): Course => ({
  ...undisturbed(parallelism),
  mode: 'restore',
  pause: () => ({ parallelism, roughness: smooth }),
});

/** From each parallelism to each other one, over and over. */
function rescaling(parallelism: readonly number[]): Course {
  const pairs = parallelism.flatMap((from, at) => parallelism.slice(at + 1).map((to) => [from, to]));
  const way = pairs.length === 0 ? parallelism : pairs.flat();
  let steps = 0;
  return {
    ...undisturbed(way[0] as number),
    mode: 'rescale',
    setting: `parallelism ${way.join(', ')}, …`,
    pause: () => {
      steps += 1;
      return { parallelism: way[steps % way.length] as number, roughness: smooth };
    },
  };
}

function mixed(parallelism: readonly number[], seed: number): Course {
  const random = new Random(seed, 'operator harness');
  const likelihood = random.pick([0.1, 0.3, 0.7]);
  const roughness = (): Roughness => (random.chance(0.3) ? smooth : narrow(random.integer(1, 4), random.chance(0.5)));
  return {
    mode: 'mixed',
    setting: `seed ${seed}`,
    seed,
    parallelism: random.pick(parallelism),
    roughness: roughness(),
    pause: () => (random.chance(likelihood) ? { parallelism: random.pick(parallelism), roughness: roughness() } : null),
    waits: () => random.chance(0.5),
  };
}
