import type { Effect } from '../../../actors/kernel/effect.js';
import type { RecordEvent } from '../../../actors/kernel/message.js';
import type { SavepointManifest, SavepointOwner, VoidSavepoint } from '../../../actors/protocol/savepoint.js';
import {
  savepointBlobs,
  savepointFolder,
  savepointKey,
  savepointOwnerKey,
  savepointsPrefix,
} from '../../../actors/protocol/savepoint.js';
import type { BlobStore } from '../../ports/blob-store.js';
import { decodeRecord, encodeRecord } from './records.js';

type Sweep = Extract<Effect, { kind: 'blobs.sweep' }>;
type Swept = { readonly type: 'blobs.swept'; readonly request: string };
type Delete = Extract<Effect, { kind: 'blobs.delete' }>;
type Discard = Extract<Effect, { kind: 'savepoint.discard' }>;
type Discarded = { readonly type: 'savepoint.discarded'; readonly request: string; readonly existed: boolean };

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
      this.deadSavepoints(job, kept, (begun) => {
        this.deleteAll([...dead, ...begun], () => done({ type: 'blobs.swept', request }));
      });
    });
  }

  /** The manifest first: what has none is no savepoint. One without a manifest is left to the end of its job, which may just be taking it. */
  discard({ name, request }: Discard, done: (event: Discarded | RecordEvent) => void): void {
    this.blobs.list(savepointFolder(name), (listed) => {
      if (listed.outcome === 'unknown') return done({ type: 'record.unknown', request });
      if (listed.outcome === 'failed') return done({ type: 'record.failed', request, failure: listed.failure });
      const existed = listed.names.includes(savepointKey(name));
      if (!existed) return done({ type: 'savepoint.discarded', request, existed });
      this.blobs.delete(savepointKey(name), (deleted) => {
        if (deleted.outcome === 'unknown') return done({ type: 'record.unknown', request });
        if (deleted.outcome === 'failed') return done({ type: 'record.failed', request, failure: deleted.failure });
        this.deleteAll(
          listed.names.filter((each) => each !== savepointKey(name)),
          () => done({ type: 'savepoint.discarded', request, existed }),
        );
      });
    });
  }

  /** What savepoints of this job have left behind that were never complete, and earlier tries of those that are. */
  private deadSavepoints(job: string, kept: ReadonlySet<string>, done: (names: readonly string[]) => void): void {
    this.blobs.list(savepointsPrefix, (result) => {
      const listed = result.outcome === 'listed' ? result.names : [];
      const names = [...new Set(listed.map((each) => each.split('/')[1] ?? ''))];
      const dead: string[] = [];
      let open = names.length;
      if (open === 0) return done([]);
      for (const name of names) {
        this.deadOf(name, job, listed, (found) => {
          dead.push(...found.filter((each) => !kept.has(each)));
          open -= 1;
          if (open === 0) done(dead);
        });
      }
    });
  }

  /** Nothing, unless the store says for certain that it is this job's. */
  private deadOf(name: string, job: string, listed: readonly string[], done: (names: readonly string[]) => void): void {
    const all = listed.filter((each) => each.startsWith(savepointFolder(name)));
    this.read(savepointOwnerKey(name), (owner) => {
      if ((owner as SavepointOwner | null)?.job !== job) return done([]);
      if (!all.includes(savepointKey(name))) return this.void(name, (voided) => done(voided ? all : []));
      this.read(savepointKey(name), (record) => {
        if (record === null) return done([]);
        const blobs = savepointBlobs((record as SavepointManifest).checkpoint).map((blob) => blob.name);
        const whole = new Set([savepointKey(name), savepointOwnerKey(name), ...blobs]);
        done(all.filter((each) => !whole.has(each)));
      });
    });
  }

  /** A leader before this one may have its manifest still under way, whose blobs are about to go: it shall find the place taken. */
  private void(name: string, done: (voided: boolean) => void): void {
    const record: VoidSavepoint = { format: 1, name, void: true };
    this.blobs.create(savepointKey(name), encodeRecord(record), ({ outcome }) => done(outcome === 'created'));
  }

  private read(key: string, done: (record: unknown) => void): void {
    this.blobs.read(key, (result) => {
      const decoded = result.outcome === 'read' ? decodeRecord(key, result.bytes) : null;
      done(decoded !== null && 'record' in decoded ? decoded.record : null);
    });
  }

  private deleteAll(names: readonly string[], done: () => void): void {
    let open = names.length;
    if (open === 0) return done();
    for (const name of names) {
      this.blobs.delete(name, () => {
        open -= 1;
        if (open === 0) done();
      });
    }
  }
}
