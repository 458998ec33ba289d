import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../../actors/protocol/failure.js';
import { EngineError } from '../../api/engine-error.js';
import { nodeClock } from '../world/clock.js';
import { demandNatsServer } from './find-nats-server.js';
import { ServerLog } from './server-log.js';

export interface NatsServerOptions {
  /** The program to run; the one that is found when absent. */
  readonly program?: string;
  /** Where JetStream stores. When absent, a temporary folder that goes with `stop`. */
  readonly folder?: string;
  /** On loopback; a free one when absent. */
  readonly port?: number;
  /** More for its command line, for example `['--http_port', '8222']`. */
  readonly args?: readonly string[];
}

const startTimeoutMs = 15_000;
const stopTimeoutMs = 10_000;

/**
 * Starts nats-server with JetStream on a loopback port, and settles when it takes clients. Rejects with an EngineError:
 * NATS_SERVER_MISSING with the ways to get it, NATS_PORT_IN_USE, or NATS_SERVER_FAILED with what it said last.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = options.program ?? (await demandNatsServer(process.env)).path;
  if (options.folder !== undefined) await mkdir(options.folder, { recursive: true });
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'weirflow-nats-')));
  const ownsFolder = options.folder === undefined;
  const server = new NatsServer(program, options.args ?? [], folder, ownsFolder, options.port ?? null);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/**
 * A nats-server of this process. It has a process group of its own, so that Ctrl+C in a terminal does not end it before the jobs that
 * need it; it is killed when this process exits by itself, and survives when this process is killed by a signal that nobody handles.
 */
export class NatsServer {
  private child: ChildProcess | null = null;
  private readonly endWithProcess = (): void => {
    this.child?.kill('SIGKILL');
    if (this.ownsFolder) removeNow(this.folder);
  };

  constructor(
    private readonly program: string,
    private readonly args: readonly string[],
    /** Where JetStream stores. */
    readonly folder: string,
    private readonly ownsFolder: boolean,
    private chosenPort: number | null,
  ) {
    process.on('exit', this.endWithProcess);
  }

  get port(): number {
    if (this.chosenPort === null) throw new Error('this nats-server has not been started');
    return this.chosenPort;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** null while it does not run. */
  get pid(): number | null {
    const { child } = this;
    return child === null || hasEnded(child) ? null : (child.pid ?? null);
  }

  async start(): Promise<void> {
    const port = this.chosenPort === null ? '-1' : String(this.chosenPort);
    const args = ['--addr', '127.0.0.1', '--port', port, '--jetstream', '--store_dir', this.folder, ...this.args];
    const child = spawn(this.program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.child = child;
    const log = new ServerLog(child);
    const ready = await log.ready(nodeClock, startTimeoutMs);
    if (ready.ok) {
      this.chosenPort = ready.port;
      return;
    }
    await this.end('SIGKILL');
    const code = ready.portInUse ? 'NATS_PORT_IN_USE' : 'NATS_SERVER_FAILED';
    const what = ready.portInUse
      ? `Port ${port} of this machine is in use, so nats-server cannot have it. Choose another, or leave it out to get a free one.`
      : `${this.program} did not start: ${ready.reason}`;
    throw new EngineError(failure(code, 'infrastructure', what));
  }

  /** Ends it, removes a temporary folder, and settles when both are gone. Calling it again does no harm. */
  async stop(): Promise<void> {
    process.off('exit', this.endWithProcess);
    await this.end('SIGTERM');
    if (this.ownsFolder) await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends it and starts it again on the same port and folder. `SIGKILL` is a crash: it says goodbye to no client. */
  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.end(signal);
    await this.start();
  }

  /** Ends the process and keeps port and folder for `start`. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child === null || hasEnded(child)) return;
    await new Promise<void>((resolve) => {
      const timer = nodeClock.setTimer(stopTimeoutMs, () => child.kill('SIGKILL'));
      child.once('exit', () => {
        timer.cancel();
        resolve();
      });
      child.kill(signal);
    });
  }
}

/** False when something is left: the killed server may have been writing, and then the system's own cleaning has to do. */
function removeNow(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    return true;
  } catch {
    return false;
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
