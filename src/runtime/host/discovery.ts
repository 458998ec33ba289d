import { failure } from '../../../actors/kernel/failure.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import type { SourceCoordinatorMessage } from '../../../actors/source-coordinator/messages.js';
import type { CodeStore } from '../../graph/code-store.js';
import type { Source } from '../../operators/source.js';
import type { Clock } from '../../ports/clock.js';
import type { Files } from '../../ports/files.js';
import type { Offload } from '../../ports/offload.js';

type Discovered = Extract<SourceCoordinatorMessage, { type: 'source.discovered' | 'source.discoveryFailed' }>;

/** Performs `source.discover`: builds the job on the leader and lists the splits of one of its sources, within a deadline. */
export class Discovery {
  constructor(
    private readonly code: CodeStore,
    private readonly files: Files,
    private readonly offload: Offload,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  discover(record: JobRecord, uid: string, done: (event: Discovered) => void): void {
    let open = true;
    const end = (event: Discovered): void => {
      if (!open) return;
      open = false;
      timer.cancel();
      done(event);
    };
    const timer = this.clock.setTimer(this.timeoutMs, () =>
      end({
        type: 'source.discoveryFailed',
        uid,
        failure: failure(
          'DISCOVERY_TIMEOUT',
          'infrastructure',
          `Source ${uid} did not list its splits within ${this.timeoutMs} ms.`,
        ),
      }),
    );
    this.code.load(record, (loaded) => {
      if (!loaded.ok) return end({ type: 'source.discoveryFailed', uid, failure: loaded.failure });
      const source = sourceOf(loaded.program.vertices.values(), uid);
      if (source === null) {
        const message = `The job has no source with uid ${uid}.`;
        return end({
          type: 'source.discoveryFailed',
          uid,
          failure: failure('SOURCE_UNKNOWN', 'internal', message, 'never'),
        });
      }
      source.discover({ files: this.files, offload: this.offload }, (result) => {
        if (result.ok) end({ type: 'source.discovered', uid, splits: result.splits });
        else end({ type: 'source.discoveryFailed', uid, failure: result.failure });
      });
    });
  }
}

function sourceOf(
  vertices: Iterable<{ readonly source: { readonly uid: string; readonly source: Source } | null }>,
  uid: string,
): Source | null {
  for (const vertex of vertices) if (vertex.source?.uid === uid) return vertex.source.source;
  return null;
}
