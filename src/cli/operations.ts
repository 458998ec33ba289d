import type { Failure } from '../../actors/protocol/failure.js';
import { EngineError } from '../api/engine-error.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { type HttpServer, startHttpServer } from '../rest/http-server.js';
import { operationRoutes, type ProcessIdentity } from '../rest/operations.js';
import { Readiness } from '../runtime/cluster/readiness.js';
import type { RunningProcess } from '../runtime/cluster/running-process.js';
import { logText, parseLogLine } from '../runtime/log/log-line.js';
import { ProcessLog } from '../runtime/log/process-log.js';
import { exitCode } from './exit-code.js';
import { failureText } from './failure-text.js';
import { Interrupts } from './interrupts.js';
import type { OperationsOptions } from './operations-options.js';
import type { Terminal } from './terminal.js';

/** What is around a process of a cluster for those who run it: its log, its metrics, and where they are asked for. */
export class Operations {
  readonly log: ProcessLog;
  readonly metrics: MetricRegistry;
  readonly readiness: Readiness;

  constructor(
    private readonly identity: ProcessIdentity,
    private readonly options: OperationsOptions,
    private readonly terminal: Terminal,
  ) {
    const { role, cluster, process } = identity;
    const { level, format } = options.log;
    const write = format === 'json' ? (line: string) => terminal.say(line) : (line: string) => this.sayText(line);
    this.log = new ProcessLog({ level, cluster, process, write });
    this.metrics = new MetricRegistry({ cluster, process });
    this.readiness = new Readiness(role, cluster);
  }

  /**
   * Runs the process to its end, and serves HTTP meanwhile: also before it has its place in the cluster. The first SIGTERM or Ctrl+C
   * ends it in good order, the second at once. The value is the exit code.
   */
  async run(start: () => Promise<RunningProcess>): Promise<number> {
    return this.around(async () => this.untilEnded(await start()));
  }

  /** Serves HTTP while `work` goes on; the value is its exit code, or that of the failure it rejects with. */
  async around(work: () => Promise<number>): Promise<number> {
    try {
      const server = await this.serve();
      try {
        return await work();
      } finally {
        await server.close();
      }
    } catch (error) {
      if (!(error instanceof EngineError) || this.options.log.format === 'text') throw error;
      this.sayFailure(error.failure);
      return exitCode.failed;
    }
  }

  private async serve(): Promise<HttpServer> {
    const { identity, readiness, metrics, log } = this;
    const routes = operationRoutes(identity, readiness, metrics);
    const server = await startHttpServer({ ...this.options.http, routes, trouble: (text) => log.error(text) });
    log.info(`metrics and health at ${server.url}`);
    return server;
  }

  private async untilEnded(running: RunningProcess): Promise<number> {
    const interrupts = new Interrupts({ say: (text) => this.log.info(text) }, () => running.stop());
    try {
      const failure = await running.ended;
      if (failure === null) this.log.info('ended');
      else this.sayFailure(failure);
      return failure === null ? exitCode.done : exitCode.failed;
    } finally {
      interrupts.close();
    }
  }

  /** How a failure ends the log. */
  sayFailure(failure: Failure): void {
    const { message, code, stack } = failure;
    if (this.options.log.format === 'json') this.log.error(message, { code, stack });
    else this.terminal.say(failureText(failure, this.terminal.colors));
  }

  /** Lines of a process that runs for long: each with its time. */
  private sayText(json: string): void {
    const line = parseLogLine(json);
    if (line === null) return;
    const { colors } = this.terminal;
    const colored = { debug: colors.dim, info: String, warn: colors.yellow, error: colors.red }[line.level];
    this.terminal.say(`${line.time} ${colored(logText(line))}`);
  }
}
