import { describe, expect, it } from 'vitest';
import type { ActorInspection } from '../../../src/runtime/host/actor-host.js';
import { TracePublisher } from '../../../src/runtime/inspection/trace-publisher.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { living, MemoryLine, step } from './lines.js';

function stage(actors: readonly ActorInspection[] = [living('task-manager')]) {
  const line = new MemoryLine();
  const clock = new VirtualClock();
  const life = { incarnation: 'first', actors };
  const publisher = new TracePublisher({ line, clock, process: 'tm-1', look: () => life });
  return { line, clock, publisher, life };
}

describe('inspection: what a process publishes', () => {
  it('says nothing to nobody, and stops some seconds after the last watcher was heard', () => {
    const { line, clock, publisher } = stage();
    publisher.trace(step('before'));
    clock.pass(1_000);
    line.watch('changes', ['tm-1@first']);
    publisher.trace(step('watched'));
    clock.pass(4_000);
    line.watch('changes', ['tm-1@first']);
    clock.pass(4_000);
    publisher.trace(step('renewed'));
    clock.pass(2_000);
    publisher.trace(step('after'));
    clock.pass(1_000);
    expect(line.steps).toEqual(['watched', 'renewed']);
  });

  it('leaves out repetitions unless somebody wants all; refusals and drops are changes', () => {
    const { line, clock, publisher } = stage();
    const beat = step('taskManager.heartbeat', { fromState: 'serving', toState: 'serving' });
    const refused = {
      ...beat,
      message: { type: 'refused' },
      verdict: { kind: 'refused', code: 'x', expected: true },
    } as const;
    const dropped = {
      ...beat,
      message: { type: 'dropped' },
      verdict: { kind: 'dropped', cause: 'late', reason: 'x' },
    } as const;
    line.watch('changes');
    for (const record of [beat, refused, dropped]) publisher.trace(record);
    clock.pass(100);
    expect(line.steps).toEqual(['refused', 'dropped']);
    line.watch('all');
    publisher.trace(beat);
    clock.pass(100);
    expect(line.steps).toEqual(['refused', 'dropped', 'taskManager.heartbeat']);
  });

  it('publishes a burst up to its bound, counts the rest, and goes on with what comes later', () => {
    const { line, clock, publisher } = stage();
    line.watch('changes');
    for (let count = 0; count < 5_000; count += 1) publisher.trace(step('burst'));
    clock.pass(100);
    expect(line.steps).toHaveLength(2_000);
    expect(line.dropped).toBe(3_000);
    publisher.trace(step('later'));
    clock.pass(100);
    expect(line.steps.at(-1)).toBe('later');
  });

  it('answers with its living actors each watcher that does not know this life of it', () => {
    const { line, clock, life } = stage([
      living('slot/0', { state: 'allocated', sinceMs: 200, waitsFor: ['slot.loaded'], questions: ['a/1'] }),
    ]);
    clock.pass(1_000);
    line.watch('none', ['tm-2@first']);
    const [view] = line.answered.flatMap((report) => (report.kind === 'snapshot' ? report.actors : []));
    expect(view).toMatchObject({
      actor: 'slot/0',
      state: 'allocated',
      forMs: 800,
      waitsFor: ['slot.loaded'],
      questions: ['a/1'],
    });
    line.watch('none', ['tm-1@first']);
    expect(line.answered).toHaveLength(1);
    life.incarnation = 'second';
    line.watch('none', ['tm-1@first']);
    expect(line.answered).toHaveLength(2);
  });

  it('many actors, and one that waits for many: in parts, and each bounded', () => {
    const names = Array.from({ length: 450 }, (_, index) => `subtask/${index}`);
    const { line } = stage(names.map((name) => living(name, { waitsFor: names })));
    line.watch('none');
    expect(
      line.answered.map((report) =>
        report.kind === 'snapshot' ? [report.part, report.parts, report.actors.length] : [],
      ),
    ).toEqual([
      [0, 3, 200],
      [1, 3, 200],
      [2, 3, 50],
    ]);
    const [first] = line.answered;
    expect(first?.kind === 'snapshot' && first.actors[0]).toMatchObject({
      waitsFor: names.slice(0, 20),
      waitsForMore: 430,
    });
  });

  it('bytes of a stranger mean nothing', () => {
    const { line } = stage();
    for (const bytes of [new Uint8Array(0), Buffer.from('hello'), new Uint8Array(100_000), Buffer.of(0x92, 1, 0xc0)]) {
      line.request(bytes);
    }
    expect(line.answered).toEqual([]);
  });

  it('shows a message by what is short in it, and effects in brief', () => {
    const { line, clock, publisher } = stage();
    line.watch('changes');
    const address = { process: 'jm', incarnation: 'x', actor: 'job-master/flights' };
    const message = {
      type: 'slot.open',
      job: 'flights',
      run: 7,
      checkpoint: { epoch: 1, n: 2 },
      graph: { vertices: [] },
      text: 'x'.repeat(500),
    };
    publisher.trace(
      step('slot.open', {
        message,
        from: address,
        effects: [
          { kind: 'answer', ask: { id: 'slot.open/7', from: address }, message: { type: 'slot.opened' } },
          {
            kind: 'timer.start',
            timer: 'xstate.after.cancelTimeout.slot.releasing',
            delayMs: 200,
            message: { type: 'x' },
          },
          { kind: 'record.read', request: '1', key: 'jobs/flights/result' },
          ...Array.from({ length: 10 }, () => ({ kind: 'task.cancel', slot: 0, subtask: 'map#0', run: 7 }) as const),
        ],
      }),
    );
    clock.pass(100);
    const [shown] = line.published.flatMap((report) => (report.kind === 'steps' ? report.steps : []));
    expect(shown?.message).toEqual({
      type: 'slot.open',
      job: 'flights',
      run: 7,
      checkpoint: '1-2',
      text: `${'x'.repeat(199)}…`,
    });
    expect(shown).toMatchObject({ from: 'jm job-master/flights', role: 'slot', effectsMore: 7 });
    expect(shown?.effects.slice(0, 4)).toEqual([
      'answer slot.opened → jm job-master/flights',
      'timer.start cancelTimeout 200 ms',
      'record.read jobs/flights/result',
      'task.cancel map#0',
    ]);
  });
});
