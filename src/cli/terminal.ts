import pc from 'picocolors';

/** Where the command writes: what jobs put out to stdout, all that is said about them to stderr. */
export class Terminal {
  /** Plain functions unless stderr is a terminal that shows colours. */
  readonly colors = pc.createColors(
    process.stderr.isTTY && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb',
  );
  private shown = '';

  /** One line of the job's output. */
  out(text: string): void {
    const status = this.shown;
    this.clear();
    process.stdout.write(`${text}\n`);
    if (process.stdout.isTTY) this.status(status);
  }

  /** One or more lines about the job. */
  say(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  /** What is going on just now: the last line of a terminal, written anew each time; nothing where stderr is no terminal. */
  status(text: string): void {
    if (!process.stderr.isTTY || text === this.shown) return;
    this.clear();
    this.shown = text;
    if (text !== '') process.stderr.write(this.colors.dim(text));
  }

  private clear(): void {
    if (this.shown === '') return;
    this.shown = '';
    process.stderr.write('\r\u001b[2K');
  }
}
