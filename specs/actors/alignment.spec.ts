import { describe, expect, it } from 'vitest';
import { alignmentActor } from '../../actors/alignment/machine.js';
import type { AlignmentInput, AlignmentMessage } from '../../actors/alignment/messages.js';
import type { Placement } from '../../actors/protocol/deployment.js';
import type { WatermarkReport } from '../../actors/subtask/messages.js';
import { Driver } from './driver.js';

const run = 7;
const slot = { process: 'tm1', incarnation: 'i1', slot: 0 };
const readers: Placement = { 'fast#0': slot, 'slow#0': slot, 'slow#1': slot, 'other#0': slot };
const input: AlignmentInput = {
  run,
  alignments: [
    { vertex: 'fast', group: 'g', maxDriftMs: 10 },
    { vertex: 'slow', group: 'g', maxDriftMs: 100 },
    { vertex: 'other', group: 'alone', maxDriftMs: 5 },
  ],
  readers,
};

/** Readers that say how far they are, and are told how far they may go. */
class Group extends Driver {
  private number = 0;

  constructor() {
    super(alignmentActor, input);
  }

  says(subtask: string, watermark: number | null, status: WatermarkReport['status'] = 'active') {
    this.number += 1;
    return this.repeats(subtask, { number: this.number, watermark, status });
  }

  repeats(subtask: string, report: WatermarkReport, ofRun = run) {
    const message: AlignmentMessage = { type: 'subtask.watermarkReached', run: ofRun, subtask, report };
    return this.ask(message);
  }
}

const limit = (value: number | null) => ({ type: 'alignment.announced', run, limit: value });
const none = limit(Number.MAX_SAFE_INTEGER);

describe('Alignment: how far a reader may go', () => {
  it('is the least watermark of its group and the drift of its own source', () => {
    const group = new Group();
    group.says('slow#0', 50);
    group.says('slow#1', 70);
    expect(group.says('fast#0', 900)).toEqual(limit(60));
    expect(group.says('slow#0', 55)).toEqual(limit(155));
    expect(group.says('fast#0', 900)).toEqual(limit(65));
  });

  it('is unknown until all have been heard of, and while one that is active has no watermark', () => {
    const group = new Group();
    expect(group.waitingFor).toEqual(['fast#0', 'slow#0', 'slow#1', 'other#0']);
    expect(group.says('fast#0', 900)).toEqual(limit(null));
    group.says('slow#0', 50);
    group.says('slow#1', null);
    expect(group.says('fast#0', 900)).toEqual(limit(null));
    expect(group.waitingFor).toEqual(['slow#1', 'other#0']);
    group.says('slow#1', 0);
    expect(group.says('fast#0', 900)).toEqual(limit(10));
  });

  it('is held back by nobody who is idle or has ended; when all are, there is no limit', () => {
    const group = new Group();
    group.says('slow#0', 50);
    group.says('slow#1', null, 'idle');
    expect(group.says('fast#0', 900)).toEqual(limit(60));
    group.says('slow#0', 50, 'ended');
    expect(group.says('fast#0', 900)).toEqual(limit(910));
    expect(group.says('fast#0', 900, 'idle')).toEqual(none);
    // Awake again, it holds back again.
    group.says('slow#1', 3);
    expect(group.says('fast#0', 900)).toEqual(limit(13));
  });

  it('is of its own group alone', () => {
    const group = new Group();
    expect(group.says('other#0', 1)).toEqual(limit(6));
  });
});

describe('Alignment: what comes late, twice or from elsewhere', () => {
  it('a report that is older than one that is known changes nothing, and is answered', () => {
    const group = new Group();
    group.says('slow#0', 50);
    group.says('slow#1', 90);
    group.repeats('slow#0', { number: 40, watermark: 80, status: 'active' });
    expect(group.repeats('slow#0', { number: 39, watermark: 60, status: 'active' })).toEqual(limit(null));
    expect(group.repeats('fast#0', { number: 1, watermark: 81, status: 'active' })).toEqual(limit(90));
  });

  it('one of another run is refused, and so is one of a reader that is not there', () => {
    const group = new Group();
    const report = { number: 1, watermark: 5, status: 'active' } as const;
    expect(group.repeats('fast#0', report, run - 1)).toMatchObject({
      kind: 'refused',
      code: 'staleRun',
      expected: true,
    });
    expect(group.repeats('gone#0', report)).toMatchObject({ kind: 'refused', expected: false });
  });
});
