import pc from 'picocolors';
import type { SlotPlacement } from '../../actors/protocol/deployment.js';
import type { JobRecord, StateBackendName } from '../../actors/protocol/job-graph.js';
import type { ReactiveOptions } from '../../actors/protocol/scaling.js';
import { engineModules } from '../engine-modules.js';
import { JobManagerMetrics } from '../metrics/job-manager-metrics.js';
import { jobManagerName } from '../runtime/cluster/cluster-address.js';
import type { ClusterClient } from '../runtime/cluster/cluster-client.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { type Application, startApplication } from '../runtime/cluster/start-application.js';
import type { ProcessLog } from '../runtime/log/process-log.js';
import { nodeClock } from '../runtime/world/clock.js';
import { beginWith, type WantedOrigin } from '../savepoint/index.js';
import { ApplicationProgress } from './application-progress.js';
import { type ClusterTarget, placeText } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { Interrupts } from './interrupts.js';
import { loadJobFile } from './load-job-file.js';
import { Operations } from './operations.js';
import type { OperationsOptions } from './operations-options.js';
import type { Voice } from './run-progress.js';
import { reportResult } from './run-report.js';
import { withBackend } from './state-options.js';
import type { Terminal } from './terminal.js';

export interface ApplicationOptions {
  readonly target: ClusterTarget;
  readonly store: StoreChoice;
  readonly placement: SlotPlacement;
  readonly operations: OperationsOptions;
  readonly path: string;
  readonly params: readonly string[];
  /** null: the job's name. */
  readonly jobId: string | null;
  /** null: as the job says. */
  readonly stateBackend: StateBackendName | null;
  /** null: it begins anew. */
  readonly origin: WantedOrigin | null;
  /** null: it has the parallelism that it was written with. */
  readonly reactive: ReactiveOptions | null;
}

/**
 * Leads a job on a cluster of its own until it ends; the value is the exit code. Ctrl+C cancels the job. SIGTERM leaves it to the next
 * start of this command: whoever moves processes from machine to machine must not end what runs in them.
 */
export async function applicationCommand(options: ApplicationOptions, terminal: Terminal): Promise<number> {
  const { target, store, placement, path, params, origin, reactive } = options;
  const { program, bundle } = await loadJobFile(path, params);
  const job = options.jobId ?? program.graph.name;
  const graph = withBackend(program.graph, options.stateBackend);
  const following = reactive === null ? {} : { reactive };
  const record: JobRecord = { format: 1, job, graph, code: bundle.key, params, ...following };
  const identity = { role: 'jobmanager', cluster: target.cluster, process: jobManagerName } as const;
  const operations = new Operations(identity, options.operations, terminal);
  const { log, readiness } = operations;
  const progress = new ApplicationProgress(voiceOf(log, terminal), job, target.cluster);
  log.info(`job manager of ${placeText(target, store)}, for job ${job}, process ${process.pid}`);
  const metrics = new JobManagerMetrics(operations.metrics, nodeClock);
  return operations.around(async () => {
    const application = await startApplication({
      address: target,
      store,
      record,
      bundle,
      ...(origin === null
        ? {}
        : {
            begin: (client: ClusterClient) =>
              client
                .describeSavepoint(origin.savepoint)
                .then(({ keyGroups: before }) => beginWith(record, origin, { before, bundle, engine: engineModules })),
          }),
      engine: engineModules,
      log,
      metrics,
      readiness,
      cluster: { placement },
      onTrace: (trace) => progress.onTrace(trace),
    });
    return untilEnded(application, record.job, operations, terminal);
  });
}

async function untilEnded(
  application: Application,
  job: string,
  operations: Operations,
  terminal: Terminal,
): Promise<number> {
  const { log } = operations;
  const voice = voiceOf(log, terminal);
  const interrupts = new Interrupts(voice, (code) => {
    if (code === exitCode.interrupted) return application.cancel();
    application.stop().catch((error: unknown) => log.error(String(error)));
  });
  try {
    const result = await application.result;
    terminal.status('');
    if (result === null) {
      log.info(`job ${job} is left as it is, and goes on from its newest checkpoint when this command is given again`);
      return interrupts.code ?? exitCode.failed;
    }
    const sayFailure: Operations['sayFailure'] = (failure) => operations.sayFailure(failure);
    return reportResult(result, { hadEnded: application.hadEnded, interrupts, again: runAgain, sayFailure }, voice);
  } finally {
    await application.stop();
    interrupts.close();
  }
}

/** Lines go to the log, which has no colours, and which clears the status before each. */
function voiceOf(log: ProcessLog, terminal: Terminal): Voice & Pick<Terminal, 'note'> {
  const say = (text: string): void => log.info(text);
  return { colors: pc.createColors(false), say, note: say, status: (text) => terminal.status(text) };
}

const runAgain = 'To run it again from the beginning, give another --job-id, another --cluster or another store.';
