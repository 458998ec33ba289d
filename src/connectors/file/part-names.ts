import { jobRun, runText } from '../../../actors/protocol/ids.js';

/** Who writes parts: one sink of one job. */
export interface PartOwner {
  readonly job: string;
  readonly uid: string;
  readonly prefix: string;
  readonly extension: string;
}

/** A part is `inprogress` while it is written, `pending` from then until its checkpoint is complete, and `final` for ever after. */
export type PartStage = 'inprogress' | 'pending' | 'final';

/** One part. Subtask, run and number make it unique over all attempts of a job. */
export interface Part {
  readonly subtask: number;
  readonly run: number;
  readonly number: number;
}

/**
 * The names of a sink's files: `part-<uid>-<subtask>-<run>-<number>.<extension>` when final; before that they begin with a dot, so
 * that readers of the folder pass over them, and name the job, whose leftovers nobody else may clear away.
 */
export class PartNames {
  private readonly stem: string;
  private readonly job: string;
  private readonly endings: Readonly<Record<PartStage, string>>;

  constructor(owner: PartOwner) {
    this.stem = `${owner.prefix}-${encodeURIComponent(owner.uid)}-`;
    this.job = encodeURIComponent(owner.job);
    this.endings = {
      inprogress: `.${this.job}.inprogress`,
      pending: `.${this.job}.pending`,
      final: `.${owner.extension}`,
    };
  }

  nameOf({ subtask, run, number }: Part, stage: PartStage): string {
    const dot = stage === 'final' ? '' : '.';
    return `${dot}${this.stem}${subtask}-${runText(run)}-${number}${this.endings[stage]}`;
  }

  /** Of an empty file that is written and removed to see whether it can be. */
  trialOf(subtask: number): string {
    return `.${this.stem}${subtask}.${this.job}.trial`;
  }

  /** The part that has this name, or will have the final one that belongs to it, whichever job writes it; null for a name of another sink. */
  claimedBy(name: string): Part | null {
    const shown = name.startsWith('.') ? name.slice(1) : name;
    const numbers = /^(\d+)-(\d+)\.(\d+)-(\d+)\./.exec(
      shown.startsWith(this.stem) ? shown.slice(this.stem.length) : '',
    );
    return numbers === null ? null : partFrom(numbers);
  }

  /** Null for a name that is none of this sink's. */
  partOf(name: string): (Part & { readonly stage: PartStage }) | null {
    const stage = this.stageOf(name);
    if (stage === null) return null;
    const begin = this.stem.length + (stage === 'final' ? 0 : 1);
    const numbers = /^(\d+)-(\d+)\.(\d+)-(\d+)$/.exec(name.slice(begin, -this.endings[stage].length));
    return numbers === null ? null : { ...partFrom(numbers), stage };
  }

  private stageOf(name: string): PartStage | null {
    const stage = name.endsWith(this.endings.inprogress)
      ? 'inprogress'
      : name.endsWith(this.endings.pending)
        ? 'pending'
        : 'final';
    const start = stage === 'final' ? this.stem : `.${this.stem}`;
    return name.startsWith(start) && name.endsWith(this.endings[stage]) ? stage : null;
  }
}

function partFrom(match: readonly string[]): Part {
  const [subtask, epoch, round, number] = match.slice(1, 5).map(Number) as [number, number, number, number];
  return { subtask, run: jobRun(epoch, round), number };
}
