import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { atParallelism } from '../../actors/protocol/scaling.js';
import { buildJob } from '../api/job-definition.js';
import { engineModules } from '../engine-modules.js';
import { type GraphFormat, type GraphKind, printGraph } from '../graph/print/print-graph.js';
import type { StreamGraph } from '../graph/stream-graph.js';
import type { ClusterClient } from '../runtime/cluster/cluster-client.js';
import { loadJob } from '../runtime/code/load.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { failureText } from './failure-text.js';
import { failuresText } from './failures-text.js';
import { describedText } from './job-info-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface JobInfoOptions {
  readonly target: ClusterTarget;
  readonly job: string;
  /** null: no graph, but how the job does. */
  readonly graph: GraphKind | null;
  readonly format: GraphFormat;
}

/** Prints what a job of a cluster is doing, or how it ended, or one of its graphs, to stdout. */
export async function jobInfoCommand(options: JobInfoOptions, terminal: Terminal): Promise<number> {
  const { job, graph, format } = options;
  return withCluster(options.target, terminal, async (client) => {
    const answer = await client.describe(job);
    if (answer.type === 'job.ended') {
      const { result } = answer;
      const { outcome, failure, failures = [] } = result;
      if (format === 'json') terminal.out(JSON.stringify({ job, state: outcome, failure, failures }));
      else {
        terminal.out(
          [`job ${job} ${endings[outcome]}`, failuresText(failures)].filter((text) => text !== '').join('\n\n'),
        );
        if (failure !== null) terminal.say(failureText(failure, terminal.colors));
      }
      if (graph !== null)
        terminal.say(`Of a job that has ended there is no graph; weir info <file> prints that of its file.`);
      return graph === null ? exitCode.done : exitCode.failed;
    }
    const { record, ...doing } = answer.job;
    if (graph !== null) {
      // Only the graph as it was written needs the code.
      const stream = graph === 'stream' ? await streamOf(client, record) : noStream(record);
      terminal.out(printGraph({ stream, job: atParallelism(record.graph, doing.parallelism) }, graph, format));
    } else {
      const eventTime = await client.eventTimes(answer.job);
      if (format === 'json') {
        const { code, params } = record;
        terminal.out(JSON.stringify({ job, code, params, ...doing, checkpoints: answer.checkpoints, eventTime }));
      } else terminal.out(describedText(answer, eventTime));
    }
    return exitCode.done;
  });
}

const noStream = ({ graph: { name, options } }: JobRecord): StreamGraph => ({
  name,
  nodes: [],
  options,
  generatedUidsAllowed: true,
});

async function streamOf(client: ClusterClient, record: JobRecord): Promise<StreamGraph> {
  const definition = await loadJob(await client.bundleOf(record), engineModules);
  return buildJob(definition, record.params).stream;
}

const endings = { finished: 'has finished', canceled: 'was canceled', failed: 'has failed' } as const;
