import type { SlotPlacement } from '../../actors/protocol/deployment.js';
import type { StateBackendName } from '../../actors/protocol/job-graph.js';
import { slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import { allCheckers } from './checkers/index.js';
import type { Deviations, FaultRates } from './choices.js';
import { noFaults } from './choices.js';
import type { JobSize, JobSpec } from './jobs/index.js';
import { generateJob, jobOf } from './jobs/index.js';
import { Random } from './random.js';
import { type RunSpec, simulatedClusterOptions } from './run.js';

/** Packed, a job has fewer channels between processes, which is where most goes wrong. */
const packedShare = 0.25;

/** On disk, with next to no memory, state is read and written all the time. */
const diskShare = 0.5;

/** Everything that one generated run consists of, as plain data: what a replay line carries. */
export interface RunPlan {
  readonly seed: number;
  readonly job: JobSpec;
  readonly taskManagers: number;
  readonly slots: number;
  readonly placement: SlotPlacement;
  readonly stateBackend: StateBackendName;
  readonly rates: FaultRates;
  readonly healAtMs: number;
}

/** Of the runs, in so many the client stops the job. */
const stopShare = 0.25;
/** Of those that it stops, in so many it wants a savepoint of it. */
const stopWithShare = 0.6;
/** In so many it takes one while the job runs. */
const savepointShare = 0.3;
/** Of two rescales that may be wanted, so many are. */
const rescaleShare = 0.25;
/** In so many it cancels the job. */
const cancelShare = 0.1;

/** The run of a seed: job, topology, rates and moment of healing, each from a stream of its own. */
export function planRun(seed: number, size: JobSize = 'any'): RunPlan {
  return planOf(generateJob(new Random(seed, 'job'), size), seed, size);
}

/** The same for a job of somebody else's choice. */
export function planOf(job: JobSpec, seed: number, size: JobSize = 'any'): RunPlan {
  const topology = new Random(seed, 'topology');
  const taskManagers = topology.integer(1, size === 'small' ? 2 : 4);
  const slotsNeeded = slotsOf(job);
  const slots = Math.max(1, Math.ceil(slotsNeeded / taskManagers)) + (topology.chance(0.3) ? 1 : 0);
  return {
    seed,
    job,
    taskManagers,
    slots,
    rates: {
      ...drawRates(new Random(seed, 'rates')),
      stop: stopShare,
      stopWith: stopWithShare,
      savepoint: savepointShare,
      rescale: rescaleShare,
      cancel: cancelShare,
    },
    healAtMs: topology.integer(1_200, 3_200),
    placement: topology.chance(packedShare) ? 'pack' : 'spread',
    stateBackend: new Random(seed, 'state').chance(diskShare) ? 'disk' : 'heap',
  };
}

/** A plan as something that runs. `deviations` replays exactly these instead of drawing them from the seed. */
export function runOf(plan: RunPlan, deviations: Deviations | null = null): RunSpec {
  const { record: ofCode, code } = jobOf(plan.job);
  const { graph } = ofCode;
  const options = { ...graph.options, stateBackend: plan.stateBackend };
  const record = { ...ofCode, graph: { ...graph, options } };
  return {
    seed: plan.seed,
    record,
    code,
    taskManagers: plan.taskManagers,
    slots: plan.slots,
    cluster: { ...simulatedClusterOptions, placement: plan.placement },
    rates: plan.rates,
    deviations,
    healAtMs: plan.healAtMs,
    checkers: allCheckers,
  };
}

/** The faults alone: what a user's job is put through, which must then put out all that it would undisturbed. Swarm: each kind of fault is switched off in about half of the runs, so that the others meet undisturbed. */
export function drawRates(random: Random): FaultRates {
  const draw = (max: number, offChance = 0.5): number => (random.chance(offChance) ? 0 : random.unit() * max);
  return {
    ...noFaults,
    messageLost: draw(0.2),
    messageTwice: draw(0.2),
    messageDelayed: draw(0.3),
    messageUnreachable: draw(0.05, 0.7),
    linkBroken: draw(0.02, 0.5),
    frameDamaged: draw(0.008, 0.7),
    storeLate: draw(0.06),
    storeMute: draw(0.03),
    storeLost: draw(0.03),
    crash: random.chance(0.05) ? 0 : 0.7 + 0.3 * random.unit(),
    pause: draw(0.8),
    partition: draw(0.6),
    linkSlow: draw(0.08),
  };
}

/** Slot sharing: a job needs as many slots as the widest vertex has subtasks of each of its groups. */
export const slotsOf = (job: JobSpec): number => slotsNeeded(jobOf(job).record.graph);
