import type { CommittedRows } from './committed.js';
import type { DemoCluster } from './demo-cluster.js';
import type { LiveLine } from './live-line.js';
import type { RecoveryLog } from './recovery-log.js';

export interface Watched {
  readonly cluster: DemoCluster;
  readonly log: RecoveryLog;
  readonly rows: CommittedRows;
  readonly records: number;
  /** Whose checkpoints count just now. */
  readonly shown: { readonly job: string };
}

const progressEveryMs = 150;

/** Shows how things stand, again and again, until what it returns is called; it may be called again. */
export function showProgress(live: LiveLine, { cluster, log, rows, records, shown }: Watched): () => Promise<void> {
  let showing: Promise<void> | null = null;
  const show = async (): Promise<void> => {
    const [committed, checkpoints] = [await rows.count(), await cluster.checkpoints(shown.job)];
    const taskManagers = { alive: cluster.alive, of: cluster.size };
    live.show({ state: log.state, committed, records, checkpoints, taskManagers });
    showing = null;
  };
  const timer = setInterval(() => {
    showing ??= show();
  }, progressEveryMs);
  return async () => {
    clearInterval(timer);
    await showing;
    live.end();
  };
}
