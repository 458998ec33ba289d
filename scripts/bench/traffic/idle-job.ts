import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { buildJob, defineJob } from '../../../src/api/job-definition.js';
import { generatorSource } from '../../../src/connectors/generator/index.js';
import type { CodeStore } from '../../../src/graph/code-store.js';

const recordsPerSecondEach = 1;

/** A job of sources and as many maps behind them, each in a slot with its source, that has hardly anything to do. */
export function idleJob(
  sources: number,
  checkpointIntervalMs: number,
): { readonly record: JobRecord; readonly code: CodeStore } {
  const definition = defineJob('idle', (env) => {
    env.setParallelism(sources).enableCheckpointing({ intervalMs: checkpointIntervalMs });
    const source = generatorSource({
      count: null,
      splits: sources,
      ratePerSecond: sources * recordsPerSecondEach,
      generate: (index) => index,
    });
    env
      .fromSource(source, { uid: 'numbers' })
      .map((number) => number + 1)
      .startNewChain()
      .print();
  });
  const { program } = buildJob(definition, []);
  return {
    record: { format: 1, job: definition.name, graph: program.graph, code: 'none', params: [] },
    code: { load: (_record, done) => done({ ok: true, program }) },
  };
}
