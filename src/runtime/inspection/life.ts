import type { Incarnation } from '../../../actors/protocol/ids.js';
import type { ActorHost, ActorInspection } from '../host/actor-host.js';

/** A host's life and its actors, for whoever looks; null for a process that has none yet. */
export function lifeOf(
  host: ActorHost | null,
): { readonly incarnation: Incarnation; readonly actors: readonly ActorInspection[] } | null {
  return host === null ? null : { incarnation: host.options.incarnation, actors: host.inspect() };
}
