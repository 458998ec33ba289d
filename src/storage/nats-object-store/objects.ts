import { createHash } from 'node:crypto';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { Base64UrlPaddedCodec, type ObjectStore, Objm } from '@nats-io/obj';
import { isConflict } from './outcomes.js';
import type { Requests } from './requests.js';

/** What is there is not what was stored. */
export class ObjectDamaged extends Error {}

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object that this long was still not all sent is given up. 8 MiB on loopback take a hundredth of it. */
const transferTimeoutMs = 30_000;

/**
 * Objects of one bucket of the Object Store, each created once and never replaced: what is put over an object takes the bytes away from
 * whoever is reading it. Bytes of an object whose creator died before the end stay behind, under no name. Rejects like Requests.
 */
export class Objects {
  private constructor(
    private readonly objects: ObjectStore,
    private readonly bucket: string,
    private readonly manager: JetStreamManager,
    private readonly requests: Requests,
  ) {}

  static async open(
    manager: JetStreamManager,
    bucket: string,
    description: string,
    requests: Requests,
  ): Promise<Objects> {
    const objects = await new Objm(manager.jetstream()).create(bucket, { description });
    return new Objects(objects, bucket, manager, requests);
  }

  async has(name: string): Promise<boolean> {
    const info = await this.requests.make(() => this.objects.info(name));
    return info !== null && !info.deleted;
  }

  /** False when there is one of that name already. */
  async create(name: string, bytes: Uint8Array, metadata: Record<string, string> = {}): Promise<boolean> {
    if (await this.place(name, bytes, metadata, 0)) return true;
    const info = await this.requests.make(() => this.objects.info(name));
    // Whoever deletes by the Object Store's own means leaves an entry that says so.
    return info?.deleted === true && this.place(name, bytes, metadata, info.revision);
  }

  /**
   * Null when there is none. Rejects with ObjectDamaged when length or checksum are not those of what was stored. Part by part, each
   * asked for: the Object Store's own reading waits for ever when the object is removed or the connection lost meanwhile.
   */
  async read(name: string): Promise<StoredObject | null> {
    const info = await this.requests.make(() => this.objects.info(name));
    if (info === null || info.deleted) return null;
    const bytes = new Uint8Array(info.size);
    const subject = `$O.${this.bucket}.C.${info.nuid}`;
    let filled = 0;
    let sequence = 0;
    while (filled < bytes.byteLength) {
      const part = await this.partAfter(sequence, subject);
      if (part === null)
        return (await this.has(name)) ? damaged(`only ${filled} of its ${info.size} bytes are there`) : null;
      if (filled + part.data.byteLength > info.size) return damaged(`it is longer than its ${info.size} bytes`);
      bytes.set(part.data, filled);
      filled += part.data.byteLength;
      sequence = part.seq;
    }
    const digest = `SHA-256=${Base64UrlPaddedCodec.encode(createHash('sha256').update(bytes).digest())}`;
    if (digest !== info.digest) return damaged(`its checksum is ${digest} and should be ${info.digest}`);
    return { bytes, metadata: info.metadata ?? {} };
  }

  /** Removes the object and its name; the Object Store itself would keep an entry for every object that ever was. */
  async remove(name: string): Promise<void> {
    const info = await this.requests.make(() => this.objects.info(name));
    if (info === null) return;
    // In this order whoever misses a part finds the name gone too, and knows that nothing is damaged.
    await this.purge(`M.${Base64UrlPaddedCodec.encode(name)}`);
    await this.purge(`C.${info.nuid}`);
  }

  /** False when the name's entry is not at that revision, of which 0 means that there is none. */
  private async place(
    name: string,
    bytes: Uint8Array,
    metadata: Record<string, string>,
    previousRevision: number,
  ): Promise<boolean> {
    const options = { timeout: this.requests.timeoutMs, previousRevision };
    try {
      await this.requests.make(() => this.objects.putBlob({ name, metadata }, bytes, options), transferTimeoutMs);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  private partAfter(sequence: number, subject: string): Promise<StoredMsg | null> {
    const request = { seq: sequence + 1, next_by_subj: subject };
    return this.requests.make(() => this.manager.streams.getMessage(`OBJ_${this.bucket}`, request));
  }

  private async purge(subject: string): Promise<void> {
    const filter = `$O.${this.bucket}.${subject}`;
    await this.requests.make(() => this.manager.streams.purge(`OBJ_${this.bucket}`, { filter }));
  }
}

function damaged(why: string): never {
  throw new ObjectDamaged(why);
}
