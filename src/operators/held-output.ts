import type { Output } from './operator.js';

type Held =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'side'; readonly tag: string; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'idle'; readonly isIdle: boolean };

/** An output that can hold back what is put into it, until it is known whether it counts. */
export class HeldOutput implements Output<unknown> {
  output!: Output<unknown>;
  /** Whether whoever takes what failed has no room for more. */
  isFull: () => boolean = () => false;
  private holds = false;
  private held: Held[] = [];

  begin(): void {
    this.holds = true;
  }

  /** What says how far event time is stays true: whoever has put it out does not put it out again. */
  discard(): void {
    this.held = this.held.filter(({ kind }) => kind === 'watermark' || kind === 'idle');
    this.release();
  }

  release(): void {
    this.holds = false;
    if (this.held.length === 0) return;
    const { held, output } = this;
    this.held = [];
    for (const item of held) {
      if (item.kind === 'record') output.emit(item.value, item.timestamp);
      else if (item.kind === 'side') output.side(item.tag, item.value, item.timestamp);
      else if (item.kind === 'watermark') output.watermark(item.timestamp);
      else output.idle(item.isIdle);
    }
  }

  emit(value: unknown, timestamp: number): void {
    if (this.holds) this.held.push({ kind: 'record', value, timestamp });
    else this.output.emit(value, timestamp);
  }

  side(tag: string, value: unknown, timestamp: number): void {
    if (this.holds) this.held.push({ kind: 'side', tag, value, timestamp });
    else this.output.side(tag, value, timestamp);
  }

  watermark(timestamp: number): void {
    if (this.holds) this.held.push({ kind: 'watermark', timestamp });
    else this.output.watermark(timestamp);
  }

  idle(isIdle: boolean): void {
    if (this.holds) this.held.push({ kind: 'idle', isIdle });
    else this.output.idle(isIdle);
  }

  blocked(): boolean {
    return this.output.blocked() || this.isFull();
  }
}
