import type { Partitioner } from '../../actors/protocol/job-graph.js';
import type { StageCode } from '../graph/stream-graph.js';
import type { KeySelector } from '../operators/operator.js';
import type { SingleOutputStream } from './data-stream.js';
import type { GraphRecorder, Origin } from './graph-recorder.js';
import type { StreamKinds } from './stream.js';

/** Two streams on their way into one operator. */
export class Pair {
  constructor(
    private readonly recorder: GraphRecorder,
    private readonly first: readonly Origin[],
    private readonly second: readonly Origin[],
    private readonly kinds: StreamKinds,
  ) {}

  /** Both by hash of their keys. */
  hashed(first: KeySelector, second: KeySelector): Pair {
    const by = (origins: readonly Origin[], partitioner: Partitioner, key: KeySelector): Origin[] =>
      origins.map(({ node, tag }) => ({ node, tag, partitioner, key, route: null }));
    return new Pair(this.recorder, by(this.first, 'hash', first), by(this.second, 'hash', second), this.kinds);
  }

  add<R>(operation: string, stateful: boolean, stage: StageCode): SingleOutputStream<R> {
    const inputs = [this.first, this.second].flatMap((origins, input) =>
      origins.map((origin) => ({ ...origin, input })),
    );
    const code = { kind: 'stage', stage } as const;
    return this.kinds.output(
      this.recorder,
      this.recorder.add({ operation, kind: 'transform', commits: false, stateful, code, inputs }),
    );
  }
}
