import { describe, expect, it } from 'vitest';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { Driver } from './driver.js';
import { graphWith, recordOf } from './job-master-stage.js';

const jobNamed = (job: string): JobRecord => ({ ...recordOf(graphWith()), job });

/** The dispatcher of a cluster for job `mine`, over a store with records of these jobs, none of which has ended. */
class Dedicated extends Driver {
  constructor(...kept: readonly string[]) {
    const options = defaultClusterOptions;
    super(dispatcherActor, { epoch: 7, process: 'jm', incarnation: 'jm-1', options, dedicatedTo: 'mine' });
    const [listing] = this.of('record.list');
    const keys = kept.map((job) => `jobs/${job}/record`);
    this.tell({ type: 'record.listed', request: listing?.request, keys } as AnyMessage);
    for (const job of kept) {
      const request = (key: string): unknown => this.of('record.read').findLast((each) => each.key === key)?.request;
      this.tell({ type: 'record.missing', request: request(`jobs/${job}/result`) } as AnyMessage);
      this.tell({ type: 'record.read', request: request(`jobs/${job}/record`), record: jobNamed(job) } as AnyMessage);
    }
  }

  get started(): readonly string[] {
    return this.of('actor.start').map(({ actor }) => actor);
  }

  submit(job: string): unknown {
    return this.ask({ type: 'dispatcher.submitJob', record: jobNamed(job) } as AnyMessage, `submit/${job}`);
  }
}

describe('dispatcher: a leader of one job', () => {
  it('recovers its own job and leaves every other one of the store as it is', () => {
    const dispatcher = new Dedicated('others', 'mine');
    expect(dispatcher.value).toBe('serving');
    expect(dispatcher.started).toEqual(['job-master/mine']);
    expect(dispatcher.of('record.read').map(({ key }) => key)).toEqual(['jobs/mine/result', 'jobs/mine/record']);
  });

  it('takes its own job and rejects every other one', () => {
    const dispatcher = new Dedicated('others');
    expect(dispatcher.submit('third')).toMatchObject({
      type: 'job.rejected',
      job: 'third',
      failure: { code: 'CLUSTER_DEDICATED', domain: 'user', retry: 'never' },
    });
    dispatcher.submit('mine');
    expect(dispatcher.of('record.create').map(({ key }) => key)).toEqual(['jobs/mine/record']);
    expect(dispatcher.started).toEqual([]);
  });
});
