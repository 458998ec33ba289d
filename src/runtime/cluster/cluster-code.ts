import { createHash } from 'node:crypto';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import type { CodeStore } from '../../graph/code-store.js';
import type { BlobStore } from '../../ports/blob-store.js';
import type { Bundle } from '../code/bundle.js';
import { bundledCode } from '../code/code-stores.js';
import type { EngineModules } from '../code/engine-modules.js';
import type { NatsCodeStore } from '../code/nats-code-store.js';
import type { BundleResult, BundleStore } from '../worker/bundle-store.js';

/**
 * Code of jobs as the processes of a cluster get it: from NATS, where clients put it. Where jobs and checkpoints are kept in a folder, a
 * copy of each bundle is kept there too, so that a NATS that has lost what it stored costs no job its code.
 */
export class ClusterCode implements BundleStore {
  /** Keys of bundles of which this process has kept a copy. */
  private readonly kept = new Set<string>();

  constructor(
    private readonly nats: NatsCodeStore,
    /** Where copies are kept; null where that would be NATS again. */
    private readonly copies: BlobStore | null,
  ) {}

  /** Fails as the store in NATS does, when there is no copy either. */
  load(record: Pick<JobRecord, 'job' | 'code'>, done: (result: BundleResult) => void): void {
    this.nats.load(record, (result) => {
      if (this.copies === null) return done(result);
      if (!result.ok) return this.loadCopy(this.copies, record.code, result, done);
      this.keep(this.copies, result.bundle);
      done(result);
    });
  }

  /** The same as programs, for the thread that calls: every load evaluates the code anew. */
  programs(engine: EngineModules): CodeStore {
    return {
      load: (record, done) =>
        this.load(record, (result) => {
          if (result.ok) bundledCode(result.bundle, engine).load(record, done);
          else done(result);
        }),
    };
  }

  /** A copy that cannot be written is tried again at the next load: until NATS loses the code it is not needed. */
  private keep(copies: BlobStore, bundle: Bundle): void {
    if (this.kept.has(bundle.key)) return;
    copies.create(nameOf(bundle.key), Buffer.from(JSON.stringify(bundle)), ({ outcome }) => {
      if (outcome === 'created' || outcome === 'exists') this.kept.add(bundle.key);
    });
  }

  private loadCopy(copies: BlobStore, key: string, missing: BundleResult, done: (result: BundleResult) => void): void {
    copies.read(nameOf(key), (read) => {
      const bundle = read.outcome === 'read' ? bundleIn(read.bytes) : null;
      const isWhole = bundle !== null && createHash('sha256').update(bundle.code).digest('hex') === key;
      done(isWhole ? { ok: true, bundle } : missing);
    });
  }
}

const nameOf = (key: string): string => `code/${key}`;

/** Null for what is no bundle: a copy that is damaged is none. */
function bundleIn(bytes: Uint8Array): Bundle | null {
  try {
    const { code, key, sourcePath } = JSON.parse(Buffer.from(bytes).toString()) as Partial<Bundle>;
    const isBundle = typeof code === 'string' && typeof key === 'string' && typeof sourcePath === 'string';
    return isBundle ? { code, key, sourcePath } : null;
  } catch {
    return null;
  }
}
