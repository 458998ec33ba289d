import type { Offload } from '../../ports/offload.js';
import { nodeOffload } from '../../runtime/world/offload.js';

/** The promises of one deployment: begun at once, their outcomes queued as all that happens in a harness is. */
export class HarnessCalls implements Offload {
  private readonly underWay = new Set<string>();
  private calls = 0;

  constructor(private readonly later: (run: () => void) => void) {}

  /** Of those that have not settled. */
  get pending(): readonly string[] {
    return [...this.underWay];
  }

  run: Offload['run'] = (label, work, done) => {
    this.calls += 1;
    const call = `${label} (call ${this.calls})`;
    this.underWay.add(call);
    nodeOffload.run(label, work, (outcome) => {
      this.underWay.delete(call);
      this.later(() => done(outcome));
    });
  };
}
