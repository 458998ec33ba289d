import type { BlobStore, ListResult, ReadResult } from '../../src/ports/blob-store.js';

/** How many checkpoints of a job are complete, as its manifest log has them. */
export async function completeCheckpoints(blobs: BlobStore, job: string): Promise<number> {
  const listed = await new Promise<ListResult>((resolve) => {
    blobs.list(`jobs/${job}/log/`, resolve);
  });
  if (listed.outcome !== 'listed') throw new Error(`The log of job ${job} cannot be listed: ${JSON.stringify(listed)}`);
  const entries = await Promise.all(listed.names.map((name) => entryOf(blobs, name)));
  return entries.filter((entry) => entry.includes('"kind":"checkpoint"')).length;
}

async function entryOf(blobs: BlobStore, name: string): Promise<string> {
  const read = await new Promise<ReadResult>((resolve) => {
    blobs.read(name, resolve);
  });
  return read.outcome === 'read' ? Buffer.from(read.bytes).toString('utf8') : '';
}
