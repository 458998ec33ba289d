import { existsSync } from 'node:fs';
import type { CAC } from 'cac';
import { type GraphFormat, type GraphKind, graphFormats, graphKinds } from '../graph/print/print-graph.js';
import { clusterTarget } from './cluster-options.js';
import { UsageError } from './exit-code.js';
import type { InfoOptions } from './info-command.js';
import type { JobInfoOptions } from './job-info-command.js';
import { checkedJobId, oneOf, text } from './options.js';
import { withReach } from './reach-options.js';

/** Of the job in a file, or of one that a cluster has. */
export type InfoCommand =
  | { readonly kind: 'info'; readonly options: InfoOptions }
  | { readonly kind: 'jobInfo'; readonly options: JobInfoOptions };

const waitSeconds = 10;

export function declareInfo(cli: CAC): void {
  const info = cli
    .command('info <job>', "Print the graph of a job's file, or what a job of a cluster is doing")
    .usage('info <file or job id> [options] [-- parameters]')
    .option('--graph <kind>', `Which: ${graphKinds.join(', ')} (default for a file: job)`)
    .option('-o, --output <format>', `How: ${graphFormats.join(', ')}`, { default: 'text' })
    .option('--cluster <name>', 'It is a job of this cluster (default for an id: default)')
    .example('  $ weir info examples/word-count.ts --graph execution -o mermaid')
    .example('  $ weir info flights --cluster default');
  withReach(info, waitSeconds);
}

export function infoCommandOf(cli: CAC, job: string, params: readonly string[]): InfoCommand {
  const format = oneOf<GraphFormat>(cli, 'output', graphFormats);
  const graph = cli.options.graph === undefined ? null : oneOf<GraphKind>(cli, 'graph', graphKinds);
  const isOfCluster = cli.options.cluster !== undefined || text(cli, 'server') !== null || !isFile(job);
  if (!isOfCluster) return { kind: 'info', options: { path: job, params, graph: graph ?? 'job', format } };
  if (params.length > 0) {
    throw new UsageError(`Job '${job}' of a cluster has its parameters already.`, 'Leave out what stands after --.');
  }
  if (graph === null && format === 'mermaid') {
    throw new UsageError('Only a graph can be drawn as mermaid.', `Add --graph ${graphKinds.join(', or --graph ')}.`);
  }
  const target = clusterTarget(cli, process.env);
  return { kind: 'jobInfo', options: { target, job: checkedJobId(job), graph, format } };
}

/** What looks like a file is meant to be one, so that a missing file is called that. */
const isFile = (job: string): boolean => /[./\\]/.test(job) || existsSync(job);
