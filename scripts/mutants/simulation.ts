/** What the bundle of a mutant exports. */
export { planRun, runOf } from '../../src/simulation/generate.js';
export { replayLine } from '../../src/simulation/replay-line.js';
export { simulateAndResume } from '../../src/simulation/resume.js';
export { simulate } from '../../src/simulation/run.js';
export { shrink } from '../../src/simulation/shrink.js';
