import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { ClusterProcess } from '../demo/cluster-process.js';
import { LineProxy } from './line-proxy.js';
import type { MemberName } from './plan.js';

/** As long as whatever supervises processes elsewhere waits before it starts one again. */
const restartMs = 500;

export interface MemberOptions {
  readonly name: MemberName;
  /** What `weir` is called with, but for where NATS is. */
  readonly args: readonly string[];
  readonly serverPort: number;
  readonly logs: string;
  readonly heard: (line: string) => void;
  /** It has ended, and nobody had killed it. It is started again. */
  readonly endedItself: (code: number | null, lastLines: readonly string[]) => void;
}

/** One process of the cluster through all its lives, with a line of its own to nats-server and a log of all that it says. */
export class Member {
  private current: ClusterProcess | null = null;
  /** Stopped, or awake again, while its successor runs. */
  private former: ClusterProcess | null = null;
  private readonly log: WriteStream;
  private restart: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly options: MemberOptions,
    readonly line: LineProxy,
  ) {
    this.log = createWriteStream(join(options.logs, `${options.name}.log`), { flags: 'a' });
  }

  static async create(options: MemberOptions): Promise<Member> {
    return new Member(options, await LineProxy.listen(options.serverPort));
  }

  start(): void {
    if (this.closed || this.current !== null) return;
    const { args, heard } = this.options;
    const life = new ClusterProcess([...args, '--nats', this.line.url], (line) => {
      this.log.write(this.former === life ? `former life: ${line}\n` : `${line}\n`);
      if (this.former !== life) heard(line);
    });
    this.current = life;
    life.ended.then(
      (code) => this.noteEnd(life, code),
      (error: unknown) => this.noteEnd(life, null, String(error)),
    );
  }

  /** Settles when its present life says a line that matches. */
  says(pattern: RegExp): Promise<void> {
    if (this.current === null) throw new Error(`${this.options.name} does not run`);
    return this.current.says(pattern);
  }

  /** Ends it with SIGKILL, so that it says goodbye to nobody. */
  kill(): void {
    clearTimeout(this.restart);
    const life = this.current;
    this.current = null;
    life?.kill('SIGKILL');
    this.log.write('killed\n');
  }

  /** SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.current?.kill(signal);
    this.log.write(`${signal}\n`);
  }

  /** Stops it and starts another one in its place, as whatever supervises processes does that takes it for dead. */
  replace(): void {
    this.signal('SIGSTOP');
    this.former = this.current;
    this.current = null;
    this.start();
  }

  /** What was replaced wakes up, and is ended for good after a while. */
  wakeFormer(forMs: number): void {
    const { former } = this;
    this.log.write('former life: SIGCONT\n');
    former?.kill('SIGCONT');
    setTimeout(() => {
      former?.kill('SIGKILL');
      if (this.former === former) this.former = null;
    }, forMs);
  }

  /** Kills it at once; for a process that is exiting. */
  end(): void {
    this.closed = true;
    clearTimeout(this.restart);
    this.current?.kill('SIGKILL');
    this.former?.kill('SIGKILL');
    this.line.close();
  }

  /** Settles when nothing of it is left. */
  async close(): Promise<void> {
    const life = this.current;
    this.end();
    await life?.ended;
    await new Promise<void>((resolve) => {
      this.log.end(resolve);
    });
  }

  private noteEnd(life: ClusterProcess, code: number | null, error?: string): void {
    if (this.closed || this.current !== life) return;
    this.current = null;
    this.restart = setTimeout(() => this.start(), restartMs);
    // Where its predecessor woke up in time to answer for the name, that is as it should be.
    if (this.former !== null && life.lines.some((line) => line.includes('NAME_TAKEN'))) return;
    this.options.endedItself(code, error === undefined ? life.lines.slice(-3) : [error]);
  }
}
