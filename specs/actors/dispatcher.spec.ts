import { describe, expect, it } from 'vitest';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { damage, ended, job, Stage, serving, trouble } from './dispatcher-stage.js';
import { graphWith } from './job-master-stage.js';

describe('dispatcher: after a change of leader', () => {
  it('an empty store: serves at once', () => {
    const stage = new Stage();
    expect(stage.waits).toEqual(['jobs/']);
    expect(stage.stores().at).toBe('serving');
  });

  it('starts a job-master for each job without a result, and for no other', () => {
    // Race 11: a job that has a result never runs again.
    const stage = serving({
      'jobs/a/record': job('a'),
      'jobs/a/log/00000000': {},
      'jobs/b/record': job('b'),
      'jobs/b/result': ended('b'),
      'jobs/c/record': job('c'),
      'jobs/c/state/1/x': {},
    });
    expect(stage.at).toBe('serving');
    expect(stage.started).toEqual(['job-master/a', 'job-master/c']);
    const [start] = stage.history.filter((effect) => effect.kind === 'actor.start');
    expect(start).toMatchObject({
      role: 'job-master',
      input: { record: job('a'), epoch: 7, process: 'jm', incarnation: 'jm-1', options: defaultClusterOptions },
    });
    expect(stage.context.results).toEqual({ b: ended('b') });
  });

  it('what cannot be read is reported, and holds up no other job', () => {
    const stage = serving({
      'jobs/a/record': damage,
      'jobs/b/record': job('b'),
      'jobs/c/record': { format: 2 },
      'jobs/d/record': job('d'),
      'jobs/d/result': damage,
      'jobs/e/record': job('e'),
      'jobs/e/result': 'nonsense',
    });
    expect(stage.at).toBe('serving');
    expect(stage.started).toEqual(['job-master/b']);
    expect(Object.keys(stage.context.damaged).sort()).toEqual(['a', 'c', 'd', 'e']);
    expect(stage.context.damaged).toMatchObject({ a: damage, c: { code: 'RECORD_DAMAGED' } });
    stage.cancel('a');
    expect(stage.answered('cancel')).toEqual({ type: 'job.rejected', job: 'a', failure: damage });
  });

  it('any outcome that is unknown is asked again', () => {
    const stage = new Stage({ 'jobs/a/record': job('a') });
    stage.says('record.unknown').stores();
    expect(stage.waits).toEqual(['jobs/a/result']);
    stage.says('record.unknown').stores();
    expect(stage.waits).toEqual(['jobs/a/record']);
    stage.says('record.unknown');
    expect(stage.driver.waitingFor).toEqual(['a']);
    expect(stage.stores().at).toBe('serving');
    expect(stage.started).toEqual(['job-master/a']);
  });

  it('the store refuses the list, or is silent: begins again, and starts nothing twice', () => {
    const stage = new Stage({ 'jobs/a/record': job('a'), 'jobs/b/record': job('b') });
    stage.says('record.failed', { failure: trouble });
    expect(stage.context.refusal).toEqual(trouble);
    expect(stage.elapse('storeSilence').waits).toEqual(['jobs/']);
    stage
      .stores()
      .says('record.missing', {}, 'jobs/a/result')
      .says('record.read', { record: job('a') }, 'jobs/a/record');
    expect(stage.started).toEqual(['job-master/a']);
    expect(stage.elapse('storeSilence').waits).toEqual(['jobs/b/result', 'jobs/']);
    expect(stage.storesAll().at).toBe('serving');
    expect(stage.started).toEqual(['job-master/a', 'job-master/b']);
  });

  it('questions that come before it knows its jobs are refused, and come again', () => {
    const stage = new Stage({ 'jobs/a/record': job('a') });
    expect(stage.submit(job('a'))).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
    expect(stage.cancel('a')).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
    expect(stage.answers).toEqual([]);
  });

  it('a job ends while others are still being looked at', () => {
    const stage = new Stage({ 'jobs/a/record': job('a'), 'jobs/b/record': job('b') }).stores();
    stage.says('record.missing', {}, 'jobs/a/result').says('record.read', { record: job('a') }, 'jobs/a/record');
    stage.tell({ type: 'jobMaster.ended', job: 'a', result: ended('a') });
    expect(stage.at).toBe('recovering');
    expect(stage.storesAll().context).toMatchObject({ running: ['b'], results: { a: ended('a') } });
  });
});

describe('dispatcher: a submission', () => {
  it('is durable before anything is started or said', () => {
    const stage = serving();
    stage.submit(job('a'));
    expect(stage.waits).toEqual(['jobs/a/record']);
    expect(stage.driver.waitingFor).toEqual(['a']);
    expect([stage.started, stage.answers]).toEqual([[], []]);
    stage.stores();
    expect(stage.kept.get('jobs/a/record')).toEqual(job('a'));
    expect(stage.history.slice(-2).map(({ kind }) => kind)).toEqual(['actor.start', 'answer']);
    expect(stage.answered()).toEqual({ type: 'job.accepted', job: 'a' });
  });

  it('repeated while the store has not answered: refused; afterwards: answered again, started once', () => {
    const stage = serving();
    stage.submit(job('a'));
    expect(stage.submit(job('a'))).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
    stage.stores().submit(job('a'));
    stage.stores();
    expect(stage.answers).toHaveLength(2);
    expect(stage.started).toEqual(['job-master/a']);
  });

  it('the record took place and its answer was lost', () => {
    const stage = serving();
    stage.submit(job('a'));
    stage.kept.set('jobs/a/record', job('a'));
    stage.says('record.unknown').storesAll();
    expect(stage.answered()).toEqual({ type: 'job.accepted', job: 'a' });
    expect(stage.started).toEqual(['job-master/a']);
  });

  it('an earlier leader’s record landed late: started, unless the job has ended', () => {
    const stage = serving();
    stage.kept.set('jobs/a/record', job('a'));
    stage.kept.set('jobs/b/record', job('b'));
    stage.kept.set('jobs/b/result', ended('b'));
    stage.submit(job('a'), 'first');
    stage.submit(job('b'), 'second');
    stage.storesAll();
    expect([stage.answered('first'), stage.answered('second')]).toMatchObject([
      { type: 'job.accepted' },
      { type: 'job.accepted' },
    ]);
    expect(stage.started).toEqual(['job-master/a']);
    expect(stage.context.results).toEqual({ b: ended('b') });
  });

  it('a job that has ended is accepted and not started again', () => {
    const stage = serving({ 'jobs/a/record': job('a'), 'jobs/a/result': ended('a') });
    stage.submit(job('a'));
    stage.storesAll();
    expect(stage.answered()).toEqual({ type: 'job.accepted', job: 'a' });
    expect(stage.started).toEqual([]);
  });

  it('the result of a job that is not known cannot be had', () => {
    const stage = serving();
    stage.kept.set('jobs/a/record', job('a'));
    stage.kept.set('jobs/a/result', damage);
    stage.submit(job('a'));
    stage.stores().says('record.unknown').storesAll();
    expect(stage.answered()).toEqual({ type: 'job.rejected', job: 'a', failure: damage });
    expect(stage.started).toEqual([]);
    expect(stage.context.submissions).toEqual({});
  });

  it('fields in another order are the same job', () => {
    const kept = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(job('a')).reverse())));
    const stage = serving({ 'jobs/a/record': kept });
    stage.submit(job('a'));
    expect(stage.storesAll().answered()).toEqual({ type: 'job.accepted', job: 'a' });
  });

  const graph = graphWith();
  const [source, sink] = graph.vertices;
  const edited = (change: object): JobRecord => job('a', { ...graph, ...change });
  it.each([
    [
      'an operator',
      edited({
        vertices: [source, { ...sink, operators: [{ ...sink?.operators[0], uid: 'sum' }, sink?.operators[1]] }],
      }),
      /operator 'count' \(sum\) differs/,
    ],
    ['a parallelism', edited({ vertices: [{ ...source, parallelism: 3 }, sink] }), /vertex 'read' \(v1\) differs/],
    [
      'one vertex more',
      edited({ vertices: [source, sink, { ...sink, id: 'v3', name: 'more' }] }),
      /vertex 'more' \(v3\) is new/,
    ],
    ['one vertex less', edited({ vertices: [source] }), /vertex 'count' \(v2\) is missing/],
    [
      'one operator less',
      edited({ vertices: [source, { ...sink, operators: [sink?.operators[0]] }] }),
      /vertex 'count' \(v2\) differs/,
    ],
    ['an edge', edited({ edges: [{ ...graph.edges[0], partitioner: 'rebalance' }] }), /edge from v1 to v2 differs/],
    ['one edge less', edited({ edges: [] }), /more edges/],
    ['an option', edited({ options: { ...graph.options, allowRollback: true } }), /options differ/],
    ['a name', edited({ name: 'trains' }), /graph was named 'flights'/],
    ['a parameter', { ...job('a'), params: ['--x'] }, /parameters were \[\]/],
    ['the code', { ...job('a'), code: 'other' }, /code differs/],
  ])('another job under the same id is rejected, with the first difference: %s', (_, record, text) => {
    const stage = serving({ 'jobs/a/record': job('a') });
    stage.submit(record);
    expect(stage.storesAll().answered()).toMatchObject({
      type: 'job.rejected',
      failure: { code: 'JOB_EXISTS', message: expect.stringMatching(text) },
    });
    expect(stage.started).toEqual(['job-master/a']);
  });

  it.each([
    ['an id with a slash', job('a/b'), 'JOB_ID_INVALID'],
    ['an id with a dot', job('a.b'), 'JOB_ID_INVALID'],
    ['an empty id', job(''), 'JOB_ID_INVALID'],
    ['an id that is too long', job('a'.repeat(64)), 'JOB_ID_INVALID'],
    ['no source', job('a', { ...graph, vertices: [sink] as never, edges: [] }), 'JOB_EMPTY'],
    [
      'a parallelism of 0',
      job('a', { ...graph, vertices: [{ ...source, parallelism: 0 }] as never }),
      'PARALLELISM_INVALID',
    ],
    ['another format', { ...job('a'), format: 2 } as never, 'JOB_FORMAT'],
    ['no record at all', null as never, 'JOB_FORMAT'],
  ])('what is no job is rejected at once: %s', (_, record, code) => {
    const stage = serving();
    stage.submit(record);
    expect(stage.answered()).toMatchObject({ type: 'job.rejected', failure: { code, domain: 'user' } });
    expect(stage.waits).toEqual([]);
  });

  it('the store refuses', () => {
    const stage = serving();
    stage.submit(job('a'));
    stage.says('record.failed', { failure: trouble });
    expect(stage.answered()).toEqual({ type: 'job.rejected', job: 'a', failure: trouble });
    stage.submit(job('a'));
    expect(stage.storesAll().answered()).toEqual({ type: 'job.accepted', job: 'a' });
  });

  it('an answer that nobody waits for any more', () => {
    const stage = serving();
    expect(stage.tell({ type: 'record.created', request: 'submit/a/99' })).toMatchObject({ kind: 'ignored' });
  });
});

describe('dispatcher: cancel', () => {
  it('is durable, and missed by no newer leader, before the job-master is told and the client answered; again for a repetition', () => {
    const stage = serving({ 'jobs/a/record': job('a') });
    stage.cancel('a');
    expect(stage.waits).toEqual(['jobs/a/cancel']);
    expect(stage.cancel('a')).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
    stage.says('record.unknown').stores();
    expect(stage.waits).toEqual(['epochs/']);
    expect(stage.answers).toEqual([]);
    stage.stores();
    stage.cancel('a');
    stage.storesAll();
    expect(stage.kept.get('jobs/a/cancel')).toEqual({ format: 1, job: 'a' });
    expect(stage.answers).toMatchObject(Array(2).fill({ message: { type: 'job.canceling', job: 'a' } }));
    expect(stage.history.filter(({ kind }) => kind === 'tell')).toMatchObject(
      Array(2).fill({ actor: 'job-master/a', message: { type: 'jobMaster.cancel' } }),
    );
  });

  it('a newer leader may have looked before: nobody is told, and the client asks on', () => {
    const stage = serving({ 'jobs/a/record': job('a') });
    stage.kept.set('epochs/000000000008', {});
    stage.cancel('a');
    stage.storesAll();
    expect(stage.answers).toEqual([]);
    expect(stage.history.filter(({ kind }) => kind === 'tell')).toEqual([]);
  });

  it('a store that refuses says why; a job that ends meanwhile says how', () => {
    const stage = serving({ 'jobs/a/record': job('a') });
    stage.cancel('a');
    stage.says('record.failed', { failure: trouble });
    expect(stage.answered('cancel')).toMatchObject({ type: 'job.rejected', failure: trouble });
    stage.cancel('a');
    stage.tell({ type: 'jobMaster.ended', job: 'a', result: ended('a') });
    expect(stage.storesAll().answered('cancel')).toMatchObject({ failure: { code: 'JOB_ENDED' } });
  });

  it('a leader that follows begins the job as one that is canceled', () => {
    const stage = serving({
      'jobs/a/record': job('a'),
      'jobs/a/cancel': { format: 1, job: 'a' },
      'jobs/b/record': job('b'),
    });
    const inputs = stage.history.flatMap((effect) => (effect.kind === 'actor.start' ? [effect.input] : []));
    expect(inputs).toMatchObject([{ record: job('a'), canceled: true }, { record: job('b') }]);
    expect(inputs[1]).not.toHaveProperty('canceled');
  });

  it('the answer was lost, and the job has ended meanwhile', () => {
    const stage = serving({ 'jobs/a/record': job('a') });
    stage.cancel('a');
    stage.storesAll();
    stage.tell({ type: 'jobMaster.ended', job: 'a', result: ended('a', 'canceled') });
    expect(stage.history.at(-1)).toEqual({ kind: 'actor.stop', actor: 'job-master/a' });
    stage.cancel('a');
    expect(stage.answered('cancel')).toEqual({ type: 'job.canceling', job: 'a' });
  });

  it('a job that has ended otherwise, one that nobody knows, one that is just being submitted', () => {
    const stage = serving({ 'jobs/a/record': job('a'), 'jobs/a/result': ended('a') });
    stage.cancel('a');
    expect(stage.answered('cancel')).toMatchObject({ failure: { code: 'JOB_ENDED' } });
    stage.cancel('b');
    expect(stage.answered('cancel')).toMatchObject({ failure: { code: 'JOB_UNKNOWN' } });
    stage.submit(job('c'));
    expect(stage.cancel('c')).toMatchObject({ kind: 'refused', code: 'tooEarly', expected: true });
  });
});
