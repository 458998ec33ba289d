import { describe, expect, it } from 'vitest';
import { briefStep } from '../../../src/runtime/inspection/brief.js';
import { showAll, showsActor, showsStep } from '../../../src/runtime/inspection/filter.js';
import { decodeRequest } from '../../../src/runtime/inspection/report.js';
import { TracePublisher } from '../../../src/runtime/inspection/trace-publisher.js';
import type { ActorView, InspectEvent } from '../../../src/runtime/inspection/views.js';
import { Watcher } from '../../../src/runtime/inspection/watcher.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { living, MemoryLine, step } from './lines.js';

function stage(waitMs = 5_000) {
  const line = new MemoryLine();
  const clock = new VirtualClock();
  const seen: (readonly ActorView[] | null)[] = [];
  const events: InspectEvent[] = [];
  const watcher = new Watcher({
    line,
    clock,
    detail: 'changes',
    waitMs,
    seen: (actors) => seen.push(actors),
    happened: (event) => events.push(event),
  });
  const life = { incarnation: 'first', actors: [living('task-manager'), living('slot/0')] };
  const appear = () => new TracePublisher({ line, clock, process: 'tm-1', look: () => life });
  return { line, clock, watcher, seen, events, life, appear };
}

describe('inspection: whoever watches', () => {
  it('gets the actors once, sorted, then the steps; and goes on saying that it watches', () => {
    const { clock, seen, events, appear, line } = stage();
    const publisher = appear();
    clock.pass(2_000);
    expect(seen.map((actors) => actors?.map(({ actor }) => actor))).toEqual([['slot/0', 'task-manager']]);
    clock.pass(20_000);
    publisher.trace(step('slot.open'));
    clock.pass(100);
    expect(events).toMatchObject([{ kind: 'step', actor: 'slot/0', fromState: 'free', toState: 'allocated' }]);
    expect(decodeRequest(line.requested.at(-1) as Uint8Array)).toEqual({ detail: 'changes', known: ['tm-1@first'] });
  });

  it('hears nobody until the deadline: says so once, and is silent', () => {
    const { clock, seen, line } = stage(1_000);
    clock.pass(1_000);
    expect(seen).toEqual([null]);
    const asked = line.requested.length;
    clock.pass(10_000);
    expect(line.requested).toHaveLength(asked);
    expect(seen).toHaveLength(1);
  });

  it('a process that is started again shows its actors in their new life', () => {
    const { clock, events, life, appear, line } = stage();
    appear();
    clock.pass(2_000);
    life.incarnation = 'second';
    clock.pass(2_000);
    expect(events).toMatchObject([{ incarnation: 'second' }, { incarnation: 'second' }]);
    expect(decodeRequest(line.requested.at(-1) as Uint8Array)?.known).toEqual(['tm-1@second']);
  });

  it('is told what was left out', () => {
    const { clock, events, appear } = stage();
    const publisher = appear();
    clock.pass(2_000);
    for (let count = 0; count < 2_500; count += 1) publisher.trace(step('burst'));
    clock.pass(100);
    expect(events).toHaveLength(2_001);
    expect(events).toContainEqual({ kind: 'dropped', process: 'tm-1', count: 500 });
  });
});

describe('inspection: the filter', () => {
  const view = { kind: 'actor', process: 'jm', actor: 'job-master/flights' } as ActorView;
  const taken = briefStep(step('jobMaster.cancel', { actor: 'job-master/flights', process: 'jm' }), 0);

  it.each([
    [{ actor: 'job-' }, true],
    [{ actor: '*flights' }, true],
    [{ actor: 'job*fli*s' }, true],
    [{ actor: '*master' }, false],
    [{ process: 'tm-1' }, false],
    [{ job: 'flights' }, true],
    [{ job: 'flight' }, false],
    [{ words: ['slot', 'jm'] }, true],
    [{ words: ['slot', 'j'] }, true],
    [{ words: ['slot', 'tm'] }, false],
  ])('%j', (filter, shows) => {
    expect(showsActor({ ...showAll, ...filter }, view)).toBe(shows);
    expect(showsStep({ ...showAll, ...filter }, taken)).toBe(shows);
  });

  it('a message, by its type; and by the job that it names', () => {
    expect(showsStep({ ...showAll, message: 'jobMaster.*' }, taken)).toBe(true);
    expect(showsStep({ ...showAll, message: 'slot' }, taken)).toBe(false);
    const submit = step('dispatcher.cancelJob', {
      actor: 'dispatcher',
      message: { type: 'dispatcher.cancelJob', job: 'flights' } as never,
    });
    expect(showsStep({ ...showAll, job: 'flights' }, briefStep(submit, 0))).toBe(true);
  });
});
