import { once } from 'node:events';
import pc from 'picocolors';

const unwrittenCharactersMax = 65_536;

/** Where the command writes: what jobs put out to stdout, all that is said about them to stderr. */
export class Terminal {
  /** Plain functions unless stderr is a terminal that shows colours. */
  readonly colors = pc.createColors(
    // It is undefined, not false, when stderr is none; undefined would leave the choice to the environment.
    process.stderr.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb',
  );
  /** For what goes to stdout, which may be a file although stderr is a terminal. */
  readonly outColors = process.stdout.isTTY === true ? this.colors : pc.createColors(false);
  private shown = '';
  /** Lines of this turn of the loop: one write for all of them takes a fraction of the time of one each. */
  private unwritten = '';

  /** One line of the job's output, written at the end of this turn at the latest. */
  out(text: string): void {
    if (this.unwritten === '') setImmediate(() => this.flush());
    this.unwritten += `${text}\n`;
    if (this.unwritten.length > unwrittenCharactersMax) this.flush();
  }

  /** One or more lines about the job. */
  say(text: string): void {
    this.flush();
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  /** A line about the job for whoever watches; nothing where stderr is no terminal. */
  note(text: string): void {
    if (process.stderr.isTTY) this.say(text);
  }

  /** What is going on just now: the last line of a terminal, written anew each time; nothing where stderr is no terminal. */
  status(text: string): void {
    if (!process.stderr.isTTY || text === this.shown) return;
    this.clear();
    this.shown = text;
    if (text !== '') process.stderr.write(this.colors.dim(text));
  }

  flush(): void {
    if (this.unwritten === '') return;
    // Only where both share a screen does the status stand in the way.
    const status = process.stdout.isTTY ? this.shown : '';
    if (status !== '') this.clear();
    process.stdout.write(this.unwritten);
    this.unwritten = '';
    if (status !== '') this.status(status);
  }

  /** Settles when whoever reads stdout has kept up: for output without an end in sight. */
  async drained(): Promise<void> {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  }

  private clear(): void {
    if (this.shown === '') return;
    this.shown = '';
    process.stderr.write('\r\u001b[2K');
  }
}
