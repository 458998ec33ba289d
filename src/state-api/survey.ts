import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import { rangesOf } from '../../actors/protocol/manifest.js';
import type { StoredContent } from '../state/group-image.js';
import type { WrittenBy } from '../state/value-serializer.js';
import type { Savepoint } from './savepoint.js';

/** One state of a savepoint in figures. */
export interface StateSurvey {
  readonly operator: string;
  readonly state: string;
  readonly kind: SerializerIdentity['kind'];
  readonly serializer: WrittenBy | null;
  /** It has a TTL. */
  readonly ttl: boolean;
  readonly keys: number;
  /** Of all values, without the keys; of operator state as it lies there. */
  readonly bytes: number;
  /** The keys with the largest contents, largest first. */
  readonly largest: readonly { readonly key: unknown; readonly bytes: number }[];
}

/** So many keys are named of each state. */
const largestMax = 3;

/** All states of a savepoint, operator by operator. Reads the whole savepoint once. */
export async function* surveyOf(savepoint: Savepoint, uids: readonly string[]): AsyncGenerator<StateSurvey> {
  for (const uid of uids) {
    const operator = savepoint.operator(uid);
    const tallies = new Map(operator.states.map((info) => [info.name, { info, tally: new Tally() }]));
    for await (const image of operator.groups()) {
      for (const { key, state } of image.entries()) {
        tallies.get(state.name)?.tally.add(key, image.bytesOf(key, state.name), state.timed);
      }
    }
    for (const { info, tally } of tallies.values()) {
      const { name, kind, serializer } = info;
      yield { operator: uid, state: name, kind, serializer, ...tally.figures };
    }
    yield* operatorState(savepoint, uid);
  }
}

/** Of state without keys: what sources, sinks and functions keep for a subtask as a whole. */
function* operatorState({ manifest }: Savepoint, uid: string): Generator<StateSurvey> {
  const snapshots = manifest.checkpoint.subtasks.flatMap(({ operators }) =>
    operators.filter((each) => each.uid === uid),
  );
  const kind = snapshots
    .flatMap(({ serializers }) => serializers)
    .find((each) => each.kind.startsWith('operator'))?.kind;
  if (kind === undefined) return;
  const bytes = snapshots.reduce((sum, { operatorState: range }) => sum + (range?.bytes ?? 0), 0);
  yield { operator: uid, state: '', kind, serializer: null, ttl: false, keys: 0, bytes, largest: [] };
}

/** How many bytes the files of a savepoint have that hold state. */
export function bytesIn({ manifest }: Savepoint): number {
  const ranges = manifest.checkpoint.subtasks.flatMap(({ operators }) => operators.flatMap(rangesOf));
  return ranges.reduce((sum, { bytes }) => sum + bytes, 0);
}

class Tally {
  private keys = 0;
  private bytes = 0;
  private ttl = false;
  private largest: { readonly key: unknown; readonly bytes: number }[] = [];

  add(key: unknown, bytes: number, timed: boolean): void {
    this.keys += 1;
    this.bytes += bytes;
    this.ttl = timed;
    if (this.largest.length === largestMax && bytes <= (this.largest.at(-1)?.bytes ?? 0)) return;
    this.largest = [...this.largest, { key, bytes }].sort((a, b) => b.bytes - a.bytes).slice(0, largestMax);
  }

  get figures(): Pick<StateSurvey, 'keys' | 'bytes' | 'ttl' | 'largest'> {
    const { keys, bytes, ttl, largest } = this;
    return { keys, bytes, ttl, largest };
  }
}

/** What a key has, as one value of plain data: of a list its values, of a map pairs, of timers times and what they are for. */
export function valueIn(content: StoredContent): unknown {
  switch (content.kind) {
    case 'list':
      return content.values;
    case 'map':
      return content.entries;
    case 'timers':
      return content.timers;
    default:
      return content.value;
  }
}
