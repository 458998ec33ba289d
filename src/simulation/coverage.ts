import type { TraceRecord } from '../ports/telemetry.js';

/** Which transitions and which pairs of state and message the runs have reached, by role. */
export class Coverage {
  readonly transitions = new Set<string>();
  readonly pairs = new Set<string>();

  trace({ actor, fromState, toState, message, verdict }: TraceRecord): void {
    if (verdict.kind === 'dropped' || fromState === null) return;
    const slash = actor.indexOf('/');
    const role = slash < 0 ? actor : actor.slice(0, slash);
    this.pairs.add(`${role}:${fromState}:${message.type}`);
    if (toState !== null && toState !== fromState) this.transitions.add(`${role}:${fromState}>${toState}`);
  }

  add(other: Coverage): void {
    for (const transition of other.transitions) this.transitions.add(transition);
    for (const pair of other.pairs) this.pairs.add(pair);
  }
}
