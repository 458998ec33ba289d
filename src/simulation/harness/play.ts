import { thrownText } from '../../api/engine-error.js';
import { HarnessRun } from './harness-run.js';
import type { Course } from './modes.js';
import type { Pipeline } from './pipeline.js';
import type { Taken } from './taken-output.js';

/** One thing to do with a pipeline, and how people read it. */
export interface Action {
  readonly text: string;
  /** Time passes, with which calls that are under way would time out. */
  readonly passesTime: boolean;
  readonly act: (run: HarnessRun) => void;
}

/** What came out of one run: by the action with which it came, and the end of the input last. */
export interface Played {
  readonly steps: readonly (readonly Taken[])[];
  readonly lateRecordsDropped: number;
  readonly restores: number;
}

/** A run that broke off. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';

  constructor(
    readonly step: number,
    override readonly cause: unknown,
  ) {
    super(thrownText(cause));
  }
}

/** Does one after the other, with what the course has in between. Waits for calls only where there are any. */
export async function play(
  pipeline: Pipeline,
  actions: readonly Action[],
  course: Course,
  startMs: number,
): Promise<Played> {
  const steps: Taken[][] = [[]];
  let restores = 0;
  let run: HarnessRun | null = null;
  try {
    const { parallelism, roughness } = course;
    run = new HarnessRun(pipeline, (taken) => steps.at(-1)?.push(taken), { parallelism, roughness, startMs });
    for (const [at, { act, passesTime }] of actions.entries()) {
      if (passesTime && run.hasCalls) await run.callsSettled();
      const pause = course.pause();
      if (pause !== null) {
        run.restore(run.snapshot(), pause.parallelism, pause.roughness);
        restores += 1;
      }
      steps.push([]);
      act(run);
      const isLast = at === actions.length - 1;
      if (run.hasCalls && (isLast || course.waits())) await run.callsSettled();
    }
    return { steps, lateRecordsDropped: run.lateRecordsDropped, restores };
  } catch (error) {
    throw new BrokenOff(steps.length - 1, error);
  } finally {
    run?.close();
  }
}
