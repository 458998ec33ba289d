import type { Mutant } from '../mutant.js';

/** Defects of how sources wait for each other, and of barriers that nobody waits for. */
export const alignmentMutants: readonly Mutant[] = [
  {
    name: 'limit-by-the-furthest-reader',
    file: 'actors/alignment/decisions.ts',
    find: 'if (member.report.watermark < least) least = member.report.watermark;',
    replace: 'if (!(member.report.watermark < least) || !Number.isFinite(least)) least = member.report.watermark;',
    race: null,
    harm: 'Nobody waits for the reader that is furthest behind.',
  },
  {
    name: 'limit-without-those-that-have-none',
    file: 'actors/alignment/decisions.ts',
    find: 'if (member.report.watermark === null) return null;',
    replace: 'if (member.report.watermark === null) continue;',
    race: null,
    harm: 'A reader that has not begun is not waited for.',
  },
  {
    name: 'splits-never-left-out',
    file: 'src/task/source-wait.ts',
    find: 'this.reader.leaveOut?.(leftOut);',
    replace: '',
    race: null,
    harm: 'A reader is told how far it may go, and goes on.',
  },
  {
    name: 'end-not-said',
    file: 'src/task/source-wait.ts',
    find: "status: ended ? 'ended' : isIdle ? 'idle' : 'active' });",
    replace: "status: isIdle ? 'idle' : 'active' });",
    race: 22,
    harm: 'The others wait for ever for a reader that has read all.',
  },
  {
    name: 'at-least-once-at-the-first-barrier',
    file: 'src/task/gate/alignment.ts',
    find: 'if (!arrived && !this.ended[channel]) return none;',
    replace: "if (!arrived && !this.ended[channel] && this.mode === 'exactlyOnce') return none;",
    race: null,
    harm: 'What comes ahead of the later barriers is in no snapshot, and lost when it is restored.',
  },
];
