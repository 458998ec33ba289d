import type { Effect } from '../../../actors/kernel/effect.js';
import type { BlobStore } from '../../ports/blob-store.js';

type Sweep = Extract<Effect, { kind: 'blobs.sweep' }>;
type Swept = { readonly type: 'blobs.swept'; readonly request: string };
type Delete = Extract<Effect, { kind: 'blobs.delete' }>;

/** Where the state blobs of one run of a job lie; a run is the first part below it. */
export const statePrefix = (job: string): string => `jobs/${job}/state/`;

/**
 * Deletes state blobs that nothing refers to. A deletion that fails or gives no answer leaves an orphan, which costs space and nothing else: the
 * next sweep finds it.
 */
export class Sweeper {
  constructor(private readonly blobs: BlobStore) {}

  delete({ names }: Delete): void {
    for (const name of names) this.blobs.delete(name, () => undefined);
  }

  sweep({ job, keep, throughRun, request }: Sweep, done: (event: Swept) => void): void {
    const kept = new Set(keep);
    const prefix = statePrefix(job);
    this.blobs.list(prefix, (result) => {
      const names = result.outcome === 'listed' ? result.names : [];
      const dead = names.filter(
        (name) => !kept.has(name) && Number(name.slice(prefix.length).split('/')[0]) <= throughRun,
      );
      let open = dead.length;
      if (open === 0) return done({ type: 'blobs.swept', request });
      for (const name of dead) {
        this.blobs.delete(name, () => {
          open -= 1;
          if (open === 0) done({ type: 'blobs.swept', request });
        });
      }
    });
  }
}
