import { describe, expect, it } from 'vitest';
import { creditsConserved } from '../../../../src/simulation/checkers/i18-credits-conserved.js';
import type { InputInspection, OutputInspection } from '../../../../src/task/channel/channel.js';
import type { SlotInspection } from '../../../../src/task/slot/slot-runtime.js';
import type { TaskletInspection, TaskPhase } from '../../../../src/task/tasklet-state.js';
import { CraftedRun, job, manifest, run1 } from './crafted-run.js';

const channel = '0/0>0';
const output: OutputInspection = {
  channel,
  sentThrough: 10,
  grantedThrough: 20,
  queuedFrames: 0,
  queuedBytes: 0,
  records: 40,
  partialRecords: 2,
  blocked: false,
};
const input: InputInspection = {
  channel,
  receivedThrough: 9,
  consumedThrough: 6,
  grantedThrough: 22,
  records: 30,
  duplicates: 0,
};

const tasklet = (
  subtask: string,
  ends: Pick<TaskletInspection, 'inputs' | 'outputs' | 'phase'>,
): TaskletInspection => ({
  subtask,
  watermark: null,
  aligning: null,
  pending: [],
  commands: [],
  blocked: false,
  recordsIn: 0,
  skippedRecords: 0,
  ...ends,
});

function seen(
  sent: Partial<OutputInspection>,
  received: Partial<InputInspection>,
  phase: TaskPhase = 'running',
): CraftedRun {
  const run = new CraftedRun(creditsConserved);
  const slot = (number: number, tasklets: readonly TaskletInspection[]): SlotInspection => ({
    slot: number,
    allocation: { job, run: run1, epoch: 1 },
    progress: 1,
    strayFrames: 0,
    damagedFrames: 0,
    tasklets,
  });
  run.slots = [
    slot(0, [tasklet('in#0', { phase, inputs: [], outputs: [{ ...output, ...sent }] })]),
    slot(1, [tasklet('out#0', { phase, inputs: [{ ...input, ...received }], outputs: [] })]),
  ];
  return run;
}

const look = (run: CraftedRun) => () => run.complete(manifest());

describe('I18: credits conserved', () => {
  it('is silent when both ends agree', () => {
    look(seen({}, {}))();
    look(seen({ records: 30 }, {}, 'drained'))();
  });

  it('fires when more arrives than was sent, or credit comes from nowhere', () => {
    expect(look(seen({}, { receivedThrough: 11 }))).toThrow('I18: channel 0/0>0: more is received than was sent');
    expect(look(seen({}, { consumedThrough: 10 }))).toThrow('more is consumed than was received');
    expect(look(seen({ grantedThrough: 23 }, {}))).toThrow('the sender has more credit than was granted');
    expect(look(seen({}, { grantedThrough: 23 }))).toThrow('more than a window is granted');
  });

  it('fires when records come from nowhere, or get lost', () => {
    expect(look(seen({}, { records: 41 }))).toThrow('more records are taken out than were put in');
    expect(look(seen({}, { records: 39 }, 'drained'))).toThrow('both sides have drained, and records are missing');
  });

  it('fires when an attempt ends because a peer broke the rules', () => {
    const run = new CraftedRun(creditsConserved);
    run.task({ what: 'failed', detail: { code: 'CHANNEL_GAP' } });
    const overrun = () => run.task({ what: 'failed', detail: { code: 'CHANNEL_OVERRUN' } });
    expect(overrun).toThrow('I18: in#0 has failed with CHANNEL_OVERRUN');
  });
});
