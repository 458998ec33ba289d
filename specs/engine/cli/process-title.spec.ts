import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../src/cli/process-title.js';

describe('process title: what others may see of a command line', () => {
  it.each([
    [['jobmanager', '--password', 's3cret', '--cluster', 'a'], 'jobmanager --password *** --cluster a'],
    [['status', '--token=s3cret', '--user=s3cret'], 'status --token=*** --user=***'],
    [['status', '-s', 's3cret@h:4222'], 'status -s ***@h:4222'],
    [['status', '--nats', 'nats://u:s3cr@et@a,tls://t@b'], 'status --nats nats://***@a,tls://***@b'],
    [['status', '--server=u:s3cret@a'], 'status --server=***@a'],
    [
      ['run', 'node_modules/@scope/job.ts', '--', '--token', 'of the job'],
      'run node_modules/@scope/job.ts -- --token of the job',
    ],
  ])('%j', (args, shown) => {
    expect(withoutSecrets(args).join(' ')).toBe(shown);
  });
});
