import { failure } from '../../actors/kernel/failure.js';
import type { FileDone, FileResult, Files } from '../ports/files.js';
import type { SimProcess } from './sim-process.js';
import type { SimWorld } from './world.js';

export interface FileEvent {
  readonly kind: 'create' | 'rename' | 'remove';
  readonly path: string;
  /** Where a renamed file stands now. */
  readonly to: string;
  readonly process: string;
  readonly life: number;
}

const latencyMs = 0.5;
const done: FileResult<null> = { ok: true, value: null };

/** The file system of a simulated world, shared by all processes. What a process wrote before it crashed stays. */
export class SimFiles {
  readonly files = new Map<string, Uint8Array>();

  constructor(
    private readonly world: SimWorld,
    private readonly observe: (event: FileEvent) => void,
  ) {}

  of(process: SimProcess): Files {
    const tell = (kind: FileEvent['kind'], path: string, to = ''): void =>
      this.observe({ kind, path, to, process: process.name, life: process.life });
    return {
      size: (path, answer) => this.perform(process, answer, () => this.withFile(path, (bytes) => bytes.byteLength)),
      list: (folder, answer) => this.perform(process, answer, () => ({ ok: true, value: this.namesIn(folder) })),
      read: (path, offset, length, answer) =>
        this.perform(process, answer, () => this.withFile(path, (bytes) => bytes.slice(offset, offset + length))),
      makeFolder: (_folder, answer) => this.perform(process, answer, () => done),
      create: (path, bytes, answer) =>
        this.perform(process, answer, () => {
          if (this.files.has(path))
            return { ok: false, failure: failure('FILE_EXISTS', 'infrastructure', `${path} exists already.`) };
          this.files.set(path, bytes.slice());
          tell('create', path);
          return done;
        }),
      append: (path, bytes, answer) =>
        this.perform(process, answer, () => {
          const before = this.files.get(path);
          if (before === undefined) return missing(path);
          const joined = new Uint8Array(before.byteLength + bytes.byteLength);
          joined.set(before);
          joined.set(bytes, before.byteLength);
          this.files.set(path, joined);
          return done;
        }),
      sync: (path, answer) => this.perform(process, answer, () => this.withFile(path, () => null)),
      rename: (from, to, answer) =>
        this.perform(process, answer, () => {
          const bytes = this.files.get(from);
          if (bytes === undefined) return missing(from);
          this.files.delete(from);
          this.files.set(to, bytes);
          tell('rename', from, to);
          return done;
        }),
      remove: (path, answer) =>
        this.perform(process, answer, () => {
          if (this.files.delete(path)) tell('remove', path);
          return done;
        }),
    };
  }

  /** Text of all files directly in the folder whose name the predicate accepts, by path. */
  texts(folder: string, accept: (name: string) => boolean): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const name of this.namesIn(folder)) {
      if (accept(name))
        texts.set(`${folder}/${name}`, Buffer.from(this.files.get(`${folder}/${name}`) ?? []).toString());
    }
    return texts;
  }

  private namesIn(folder: string): readonly string[] {
    const prefix = `${folder}/`;
    const paths = [...this.files.keys()].filter(
      (path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'),
    );
    return paths.map((path) => path.slice(prefix.length)).sort();
  }

  private withFile<T>(path: string, use: (bytes: Uint8Array) => T): FileResult<T> {
    const bytes = this.files.get(path);
    return bytes === undefined ? missing(path) : { ok: true, value: use(bytes) };
  }

  private perform<T>(process: SimProcess, answer: FileDone<T>, effect: () => FileResult<T>): void {
    process.enter();
    this.world.queue.add(this.world.nowMs + latencyMs, () => {
      const result = effect();
      process.dispatch(() => answer(result));
    });
  }
}

const missing = (path: string): { readonly ok: false; readonly failure: ReturnType<typeof failure> } => ({
  ok: false,
  failure: failure('FILE_MISSING', 'user', `${path} does not exist.`),
});
