import type { TraceRecord } from '../ports/telemetry.js';

/** A running hash over everything that happened, in order: two runs of one seed must agree in it to the last step. */
export class Digest {
  private a = 0x811c9dc5;
  private b = 0x01000193;

  trace(record: TraceRecord): void {
    this.text(record.process);
    this.text(record.incarnation);
    this.text(record.actor);
    this.text(record.message.type);
    this.text(record.toState ?? record.verdict.kind);
    this.number(record.atMs * 1_000);
    this.number(record.effects.length);
  }

  text(text: string): void {
    let { a, b } = this;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b) + a;
    }
    this.a = a;
    this.b = b | 0;
  }

  number(value: number): void {
    this.a = Math.imul(this.a ^ (value | 0), 0x01000193);
    this.b = (Math.imul(this.b ^ (value | 0), 0x85ebca6b) + this.a) | 0;
  }

  value(): string {
    return (this.a >>> 0).toString(16).padStart(8, '0') + (this.b >>> 0).toString(16).padStart(8, '0');
  }
}
