import type { Mutant } from '../mutant.js';

/** Defects of channels, alignment, snapshots and the end of a task. */
export const dataPlaneMutants: readonly Mutant[] = [
  {
    name: 'aligned-channel-read-on',
    file: 'src/task/gate/alignment.ts',
    find: "return this.mode === 'exactlyOnce' && (this.arrived[channel] as boolean);",
    replace: 'return (this.arrived[channel] as boolean) && this.allEnded;',
    race: null,
    harm: 'Records behind the barrier of one channel are in the snapshot that waits for the barriers of the others.',
  },
  {
    name: 'aligned-by-the-first-barrier',
    file: 'src/task/gate/alignment.ts',
    find: 'if (!arrived && !this.ended[channel]) return none;',
    replace: 'if (!arrived && !this.ended[channel] && this.arrived.every((each) => !each)) return none;',
    race: 16,
    harm: 'A barrier on one input counts while another still delivers what belongs before it.',
  },
  {
    name: 'gap-unnoticed',
    file: 'src/task/channel/framed-input.ts',
    find: 'if (sequence !== this.receivedThrough + 1) return this.gap(sequence);',
    replace: '',
    race: null,
    harm: 'Frames that a broken link lost are not missed.',
  },
  {
    name: 'credit-for-what-waits',
    file: 'src/task/channel/framed-input.ts',
    find: 'return this.consumedThrough + this.limits.channelWindowFrames;',
    replace: 'return this.receivedThrough + this.limits.channelWindowFrames;',
    race: null,
    harm: 'A receiver grants as if what waits in its queue were consumed, so that the queue has no bound.',
  },
  {
    name: 'frame-of-an-earlier-run',
    file: 'src/task/slot/slot-runtime.ts',
    find: 'header.jobHash === this.jobHash && header.run === run && header.attempt === run;',
    replace: 'header.jobHash === this.jobHash && header.run <= run;',
    race: 5,
    harm: 'Frames of an attempt that is over reach the attempt that took its place.',
  },
  {
    name: 'snapshot-before-prepare',
    file: 'src/task/checkpoint/task-checkpoints.ts',
    find: `    yield* this.operators.prepare(checkpoint);
    setting.output.control(barrier);
    if (facts.triggered) setting.notify({ type: 'task.barrierInjected', checkpoint });
    if (facts.drained) this.firstDrained ??= checkpoint;
    // Nobody waits for the one before any more, or this barrier would not have come.
    this.letGo();`,
    replace: `    this.letGo();
    const early = this.begin(barrier, facts);
    yield* this.operators.prepare(checkpoint);
    setting.output.control(barrier);
    if (facts.triggered) setting.notify({ type: 'task.barrierInjected', checkpoint });
    if (facts.drained) this.firstDrained ??= checkpoint;
    this.underWay = early;`,
    race: null,
    harm: 'The snapshot is taken before operators have brought what is under way into it.',
  },
  {
    name: 'commit-when-prepared',
    file: 'src/task/checkpoint/task-checkpoints.ts',
    find: 'this.underWay = this.begin(barrier, facts);',
    replace: 'this.underWay = this.begin(barrier, facts);\n    yield* this.operators.commit(checkpoint);',
    race: null,
    harm: 'Sinks commit as soon as the part is taken: output is visible before its checkpoint is durable.',
  },
  {
    name: 'every-commit-is-final',
    file: 'src/task/checkpoint/task-checkpoints.ts',
    find: 'if (facts.drained) this.firstDrained ??= checkpoint;',
    replace: 'if (facts.drained || this.setting.inputs.length === 0) this.firstDrained ??= checkpoint;',
    race: null,
    harm: 'A source takes any checkpoint for the one after its last record, and ends when it is complete.',
  },
  {
    name: 'one-end-of-data-is-all',
    file: 'src/task/gate/input-gate.ts',
    find: "if (this.channelsWithData === 0) this.events.push({ kind: 'inputEnded' });",
    replace: "if (this.channelsWithData === this.channels.length - 1) this.events.push({ kind: 'inputEnded' });",
    race: null,
    harm: 'The first channel that ends ends the input, although others still bring records.',
  },
  {
    name: 'part-told-before-durable',
    file: 'src/task/checkpoint/snapshot-upload.ts',
    find: 'if (this.waiting === 0) done(this.failure);',
    replace: 'if (this.waiting >= 0) done(this.failure);',
    race: null,
    harm: 'A part is reported before the store has said that it is durable.',
  },
  {
    name: 'part-of-unknown-outcome',
    file: 'src/task/checkpoint/snapshot-upload.ts',
    find: 'this.failure ??= failed;',
    replace: 'this.failure ??= null;',
    race: null,
    harm: 'A part whose write failed, or has no known outcome, is reported as durable.',
  },
  {
    name: 'side-outputs-without-barriers',
    file: 'src/task/output/task-output.ts',
    find: `  control(element: ControlElement): void {
    for (const channel of this.channels) channel.control(element);`,
    replace: `  control(element: ControlElement): void {
    for (const channel of this.main) channel.control(element);`,
    race: null,
    harm: 'Barriers and ends do not go into side outputs: who takes one waits for them for ever.',
  },
  {
    name: 'second-input-not-held-back',
    file: 'src/task/gate/input-gate.ts',
    find: 'if (alignment.isBlocked(channel) || alignment.hasEnded(channel)) continue;',
    replace:
      'if ((this.inputOf[channel] === 0 && alignment.isBlocked(channel)) || alignment.hasEnded(channel)) continue;',
    race: null,
    harm: 'Records of a second input that come behind its barrier are in the snapshot, and come again after it is restored.',
  },
];
