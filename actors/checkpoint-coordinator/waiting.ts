import { cellAt } from './cells.js';
import type { CheckpointCoordinatorContext, Phase } from './context.js';
import { publicationKey } from './publishing.js';
import { keyOf } from './writing.js';

/** What a state waits for, for people. */
export function waitingFor(state: string, context: CheckpointCoordinatorContext): readonly string[] {
  switch (state) {
    case 'triggering':
      return context.plan.sources.filter((_, index) => context.enumerators[index] === null);
    case 'collecting':
      return membersIn(context, ['awaited', 'triggered', 'injected']);
    case 'copying':
      return ['what finished subtasks have left'];
    case 'writingManifest':
      return [keyOf(context)];
    case 'notifying':
      return membersIn(context, ['committing']);
    case 'publishing':
      return [publicationKey(context)];
    case 'aborting':
      return membersIn(context, ['aborting']);
    default:
      return [];
  }
}

const membersIn = ({ plan, phases }: CheckpointCoordinatorContext, wanted: readonly (Phase | undefined)[]): string[] =>
  plan.members.filter(({ index }) => wanted.includes(cellAt(phases, index))).map(({ key }) => key);
