import type { Dropped, TraceRecord } from '../../ports/telemetry.js';

/** How long after a line of one kind no other of that kind is said. */
const quietMs = 10_000;

interface Quiet {
  readonly sinceMs: number;
  dropped: number;
  last: string;
}

/**
 * Says what a process did not take of what came from others: the first of each kind at once, then a line every ten seconds at most, with
 * how many there were. What is merely late is no news.
 */
export class DropLog {
  private readonly quiet = new Map<Dropped['cause'], Quiet>();

  constructor(private readonly say: (line: string) => void) {}

  /** Called with every record, so that what was counted is said soon after the quiet time. */
  note(record: TraceRecord): void {
    this.sayCounted(record.atMs);
    const { verdict, atMs } = record;
    if (verdict.kind !== 'dropped' || verdict.cause === 'late') return;
    const text = textOf(record, verdict);
    const quiet = this.quiet.get(verdict.cause);
    if (quiet === undefined) {
      this.say(`dropped a message${text}`);
      this.quiet.set(verdict.cause, { sinceMs: atMs, dropped: 0, last: '' });
    } else {
      quiet.dropped += 1;
      quiet.last = text;
    }
  }

  private sayCounted(nowMs: number): void {
    for (const [cause, { sinceMs, dropped, last }] of this.quiet) {
      if (nowMs - sinceMs < quietMs) continue;
      this.quiet.delete(cause);
      if (dropped === 0) continue;
      this.say(`dropped ${dropped} more messages in ${Math.round((nowMs - sinceMs) / 1_000)} s, the last${last}`);
      this.quiet.set(cause, { sinceMs: nowMs, dropped: 0, last: '' });
    }
  }
}

function textOf({ from, message }: TraceRecord, { cause, reason }: Dropped): string {
  const whose = from === null ? '' : ` from ${JSON.stringify(from.process.slice(0, charactersMax))}`;
  const type = cause === 'past' && message.type !== '' ? ` (${message.type})` : '';
  const advice =
    cause === 'stranger' ? '. No process of this version says that: see who may publish in this cluster' : '';
  return `${whose}${type}: ${reason}${advice}`;
}

/** Of what a stranger wrote. */
const charactersMax = 64;
