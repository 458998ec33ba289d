export interface RingLine {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly text: string;
}

/** All of them fit into one message of NATS. */
const charactersMax = 131_072;
const linesMax = 1_000;

/** The last lines of a log, bounded in number and in length. */
export class LogRing {
  private readonly lines: RingLine[] = [];
  private characters = 0;
  private seq = 0;

  push(text: string): RingLine {
    this.seq += 1;
    const line = { seq: this.seq, text };
    this.lines.push(line);
    this.characters += text.length;
    while (this.lines.length > linesMax || (this.characters > charactersMax && this.lines.length > 1)) {
      this.characters -= this.lines.shift()?.text.length ?? 0;
    }
    return line;
  }

  /** Those that came after that number, oldest first. */
  after(seq: number): readonly RingLine[] {
    return this.lines.filter((line) => line.seq > seq);
  }
}
