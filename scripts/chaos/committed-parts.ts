import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The committed parts of a sink's folder, each read once, as soon as it is there. */
export class CommittedParts {
  private readonly bytesOf = new Map<string, number>();
  private reading: Promise<void> = Promise.resolve();

  constructor(readonly folder: string) {}

  /** Hands over the rows of the parts that have come since the last call; calls that overlap take turns. */
  readNew(take: (row: unknown, part: string) => void): Promise<void> {
    this.reading = this.reading.then(() => this.readOn(take));
    return this.reading;
  }

  /** What must not be: a committed part that has changed or gone, and a file whose name is none of the sink's. */
  async differences(): Promise<readonly string[]> {
    const names = new Set(await this.names());
    const strange = [...names].filter((name) => !isPart(name) && !name.startsWith('.'));
    const differences = strange.map((name) => `${name} is visible, and is no committed part`);
    for (const [name, bytes] of this.bytesOf) {
      if (!names.has(name)) differences.push(`${name} was committed, and has gone`);
      else if ((await readFile(join(this.folder, name))).length !== bytes)
        differences.push(`${name} was committed, and has changed`);
    }
    return differences;
  }

  /** Parts in progress or pending, which readers of the folder pass over. */
  async hidden(): Promise<readonly string[]> {
    return (await this.names()).filter((name) => name.startsWith('.'));
  }

  private async readOn(take: (row: unknown, part: string) => void): Promise<void> {
    for (const name of (await this.names()).filter((each) => isPart(each) && !this.bytesOf.has(each))) {
      const bytes = await readFile(join(this.folder, name));
      this.bytesOf.set(name, bytes.length);
      for (const line of bytes.toString('utf8').split('\n')) if (line !== '') take(JSON.parse(line), name);
    }
  }

  /** Before its first record a job has made no folder. */
  private names(): Promise<string[]> {
    return readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }
}

const isPart = (name: string): boolean => /^part-.+\.jsonl$/.test(name);
