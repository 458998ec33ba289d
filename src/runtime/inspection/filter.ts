import type { ActorView, StepView } from './views.js';

/**
 * What to show; null shows all. A pattern with `*` has to match the whole of a name, and `*` stands for any characters; one without
 * has to be its beginning.
 */
export interface InspectFilter {
  readonly process: string | null;
  readonly actor: string | null;
  /** The job-master, coordinators and subtasks of this job, and messages that name it. */
  readonly job: string | null;
  /** Types of messages; of actors it says nothing. */
  readonly message: string | null;
  /** Each word is a pattern for actors or the name of a process: one of them has to match. Empty shows all. */
  readonly words: readonly string[];
}

export const showAll: InspectFilter = { process: null, actor: null, job: null, message: null, words: [] };

export const showsActor = (filter: InspectFilter, view: ActorView): boolean =>
  isPlace(filter, view) && (filter.job === null || jobOf(view.actor) === filter.job);

export const showsStep = (filter: InspectFilter, view: StepView): boolean =>
  isPlace(filter, view) &&
  (filter.message === null || matches(filter.message, view.message.type)) &&
  (filter.job === null || jobOf(view.actor) === filter.job || view.message.job === filter.job);

function isPlace({ process, actor, words }: InspectFilter, view: ActorView | StepView): boolean {
  if (process !== null && !matches(process, view.process)) return false;
  if (actor !== null && !matches(actor, view.actor)) return false;
  return words.length === 0 || words.some((word) => word === view.process || matches(word, view.actor));
}

/** `role/job` and `role/job/…`; a slot and a heartbeat belong to no job. */
function jobOf(actor: string): string | null {
  const [role = '', job] = actor.split('/');
  return jobRoles.has(role) ? (job ?? null) : null;
}

const jobRoles: ReadonlySet<string> = new Set([
  'job-master',
  'checkpoint-coordinator',
  'source-coordinator',
  'alignment',
  'failure-history',
  'subtask',
]);

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (!name.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return true;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
