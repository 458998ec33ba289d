import type { RingLine } from './log-ring.js';

/** What is asked of the log of a process: its last lines, and to be told the next ones for a while. */
export interface LogRequest {
  /** By `life`, the number of the last line that is known already. */
  readonly known: Readonly<Record<string, number>>;
  /** For how long the next lines are wanted; 0 for not at all. */
  readonly leaseMs: number;
}

/** Lines of one life of a process. A number that is missing was left out, because there was too much. */
export interface LogLines {
  readonly process: string;
  /** Drawn when the process started: its lines are numbered anew. */
  readonly life: string;
  readonly lines: readonly RingLine[];
}

const text = { encode: new TextEncoder(), decode: new TextDecoder() } as const;

export const encodeRequest = (request: LogRequest): Uint8Array => text.encode.encode(JSON.stringify(request));

/** Null for what is none. */
export function decodeRequest(bytes: Uint8Array): LogRequest | null {
  const { known, leaseMs } = parsed(text.decode.decode(bytes)) as Partial<LogRequest>;
  return typeof known === 'object' && known !== null && typeof leaseMs === 'number' ? { known, leaseMs } : null;
}

/** A header and a line each, so that lines are quoted once and not twice. */
export function encodeLines({ process, life, lines }: LogLines): Uint8Array {
  const rows = lines.map(({ seq, text: line }) => `${seq} ${line}`);
  return text.encode.encode([JSON.stringify({ process, life }), ...rows].join('\n'));
}

/** Null for what is none. */
export function decodeLines(bytes: Uint8Array): LogLines | null {
  const [header = '', ...rows] = text.decode.decode(bytes).split('\n');
  const { process, life } = parsed(header) as Partial<LogLines>;
  if (typeof process !== 'string' || typeof life !== 'string') return null;
  const lines = rows.map((row) => {
    const at = row.indexOf(' ');
    return { seq: Number(row.slice(0, at)), text: row.slice(at + 1) };
  });
  return { process, life, lines };
}

function parsed(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // Anybody can publish anything there.
  }
}
