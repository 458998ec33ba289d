import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '../../ports/clock.js';

export type ServerReady =
  | { readonly ok: true; readonly port: number }
  | { readonly ok: false; readonly portInUse: boolean; readonly reason: string };

const linesKept = 20;
const listeningPattern = /Listening for client connections on \S*:(\d+)/;
const readyPattern = /Server is ready/;
const fatalPattern = /\[FTL\] (.*)/;
const inUsePattern = /address already in use|Only one usage of each socket address/;

/** What a starting nats-server says. It is read to the end, because a server whose log nobody reads stops. */
export class ServerLog {
  private readonly lines: string[] = [];
  private port: number | null = null;
  private settle: (ready: ServerReady) => void = () => undefined;

  constructor(private readonly child: ChildProcess) {}

  /** Settles when the server takes clients, when it has ended, or at the deadline. */
  ready(clock: Clock, timeoutMs: number): Promise<ServerReady> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(timeoutMs, () =>
        this.settle(this.failed(`it was not ready within ${timeoutMs} ms`)),
      );
      this.settle = (ready) => {
        timer.cancel();
        resolve(ready);
      };
      this.child.once('error', (error) => this.settle(this.failed(error.message)));
      // After `close` all that it said has been read.
      this.child.once('close', (code, signal) => this.settle(this.failed(`it ended (${signal ?? `code ${code}`})`)));
      if (this.child.stderr === null) return;
      createInterface({ input: this.child.stderr }).on('line', (line) => this.read(line));
    });
  }

  private read(line: string): void {
    this.lines.push(line);
    if (this.lines.length > linesKept) this.lines.shift();
    this.port = Number(listeningPattern.exec(line)?.[1] ?? this.port ?? Number.NaN) || null;
    if (this.port !== null && readyPattern.test(line)) this.settle({ ok: true, port: this.port });
  }

  private failed(what: string): ServerReady {
    const said = this.lines.join('\n');
    const fatal = fatalPattern.exec(said)?.[1];
    const reason = fatal === undefined ? [what, said].filter((text) => text !== '').join('\n') : `${what}: ${fatal}`;
    return { ok: false, portInUse: inUsePattern.test(said), reason };
  }
}
