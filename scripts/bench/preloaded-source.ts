import type { Split } from '../../actors/protocol/manifest.js';
import type { Batch, Source, SourceReader } from '../../src/operators/source.js';

/** Gives the same records over and over from memory, so that a benchmark measures the engine and not its input. */
export class PreloadedSource<T> implements Source<T> {
  readonly name = 'preloaded';

  constructor(
    private readonly values: readonly T[],
    private readonly rounds: number,
  ) {}

  discover(): void {
    throw new Error('a benchmark assigns the only split itself');
  }

  createReader(): SourceReader<T> {
    const { values } = this;
    let round = this.rounds;
    let at = 0;
    return {
      addSplits: () => {
        round = 0;
      },
      noMoreSplits: () => undefined,
      poll: (recordsMax): Batch<T> | 'needsSplit' | 'finished' => {
        if (round === this.rounds) return 'finished';
        const batch = values.slice(at, at + recordsMax);
        at += batch.length;
        if (at === values.length) {
          at = 0;
          round += 1;
        }
        return { values: batch, timestamps: new Array<number>(batch.length).fill(at), watermark: null };
      },
      snapshot: (): readonly Split[] => [],
      close: () => undefined,
    };
  }
}
