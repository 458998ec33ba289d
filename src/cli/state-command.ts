import type { BlobStore } from '../ports/blob-store.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { isOfJob, type OriginPlace } from '../savepoint/index.js';
import { jsonText, valueOfJson } from '../state-api/json-form.js';
import { type SavedOperator, touchedMs } from '../state-api/saved-operator.js';
import { openCheckpointIn, openSavepoint, openSavepointIn, type Savepoint } from '../state-api/savepoint.js';
import { bytesIn, type StateSurvey, surveyOf, valueIn } from '../state-api/survey.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import type { ClusterTarget } from './cluster-options.js';
import { storeOf } from './cluster-origin.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

/** Where a savepoint is, or a checkpoint of a job. */
export type SavepointPlace =
  /** `…/savepoints/<name>` or `…/jobs/<job>`. */
  | { readonly kind: 'path'; readonly path: string }
  /** In a folder in which jobs keep them. */
  | { readonly kind: 'folder'; readonly folder: string; readonly what: NamedOrigin }
  /** In the store of a cluster, which has to be reached from here. */
  | { readonly kind: 'cluster'; readonly target: ClusterTarget; readonly what: NamedOrigin };

/** One of a store. */
export type NamedOrigin = Exclude<OriginPlace, { readonly kind: 'folder' }>;

export interface StateOptions {
  readonly place: SavepointPlace;
  readonly operator: string | null;
  readonly state: string | null;
  /** JSON. */
  readonly key: string | null;
  /** What the operator keeps without keys, in place of its states. */
  readonly items: boolean;
  readonly json: boolean;
}

/** Prints what a savepoint holds to stdout: its states in figures, the keys and values of one, or what an operator keeps without keys. No job is run, and nothing is changed. */
export async function stateCommand(options: StateOptions, terminal: Terminal): Promise<number> {
  await withSavepoint(options.place, terminal, async (savepoint) => {
    const { operator, state, items } = options;
    if (operator !== null && items) await printItems(savepoint.operator(operator), terminal);
    else if (operator !== null && state !== null)
      await printValues(savepoint, { ...options, operator, state }, terminal);
    else await printSurvey(savepoint, options, terminal);
  });
  return exitCode.done;
}

/** Does something with an open savepoint. */
export async function withSavepoint<R>(
  place: SavepointPlace,
  terminal: Terminal,
  work: (savepoint: Savepoint) => Promise<R>,
): Promise<R> {
  if (place.kind === 'path') return work(await openSavepoint(place.path));
  if (place.kind === 'folder') {
    const blobs = new FileBlobStore({ folder: place.folder, entropy: nodeEntropy });
    return work(await openNamed(blobs, place.what));
  }
  return withCluster(place.target, terminal, async (client) =>
    work(await openNamed(await storeOf(client), place.what)),
  );
}

const openNamed = (blobs: BlobStore, what: NamedOrigin): Promise<Savepoint> =>
  what.kind === 'savepoint' ? openSavepointIn(blobs, what.name) : openCheckpointIn(blobs, what);

async function printSurvey(savepoint: Savepoint, { operator, json }: StateOptions, terminal: Terminal): Promise<void> {
  const uids = operator === null ? savepoint.operators : [savepoint.operator(operator).uid];
  const rows: string[][] = [];
  for await (const survey of surveyOf(savepoint, uids)) {
    if (json) terminal.out(jsonText({ ...survey, savepoint: savepoint.name, job: savepoint.job }));
    else rows.push(rowOf(survey));
  }
  if (json) return;
  const bytes = bytesIn(savepoint).toLocaleString('en');
  const whose = isOfJob(savepoint.manifest) ? '' : ` of job ${savepoint.job}`;
  terminal.out(`${savepoint.title}${whose}, ${bytes} bytes`);
  if (rows.length > 0)
    terminal.out(`\n${tableText(['OPERATOR', 'STATE', 'KIND', 'WRITTEN BY', 'KEYS', 'BYTES', 'LARGEST'], rows)}`);
}

function rowOf({ operator, state, kind, serializer, ttl, keys, bytes, largest }: StateSurvey): string[] {
  const isKeyed = !kind.startsWith('operator');
  return [
    operator,
    isKeyed ? state : '-',
    (kindTexts[kind] ?? kind) + (ttl ? ' with TTL' : ''),
    serializer === null ? '-' : `${serializer.name} ${serializer.version}`,
    isKeyed ? keys.toLocaleString('en') : '-',
    bytes.toLocaleString('en'),
    largest.map((each) => `${jsonText(each.key)} ${each.bytes.toLocaleString('en')}`).join(', '),
  ];
}

/** State without keys, by how subtasks share it. */
const kindTexts: Readonly<Record<string, string>> = {
  operatorList: 'of subtasks',
  operatorSplit: 'of subtasks',
  operatorUnion: 'of subtasks, union',
  operatorTime: 'of subtasks, event time',
  operatorCopy: 'broadcast',
};

/** Positions, what a sink is to commit, lists of functions, broadcast state: a line of JSON for each piece, as the operator has written it. */
async function printItems(operator: SavedOperator, terminal: Terminal): Promise<void> {
  const items = await operator.items();
  for (const item of items) {
    terminal.out(jsonText(item));
    await terminal.drained();
  }
  if (items.length === 0) terminal.say(`operator ${operator.uid} keeps nothing without keys`);
}

interface ValueQuestion extends StateOptions {
  readonly operator: string;
  readonly state: string;
}

/** One line for each key, as they are read: however many there are, few are in memory. */
async function printValues(
  savepoint: Savepoint,
  { operator: uid, state, key, json }: ValueQuestion,
  terminal: Terminal,
): Promise<void> {
  const operator = savepoint.operator(uid);
  const wanted = key === null ? null : { key: valueOfJson(key) };
  let found = 0;
  for await (const entry of entriesOf(operator, state, wanted)) {
    found += 1;
    const value = valueIn(entry.content);
    const atMs = touchedMs(entry.content);
    const touched = atMs === null ? {} : { touchedMs: atMs };
    terminal.out(json ? jsonText({ key: entry.key, value, ...touched }) : `${jsonText(entry.key)}  ${jsonText(value)}`);
    await terminal.drained();
  }
  if (found === 0 && wanted !== null)
    terminal.say(`state ${state} of operator ${uid} has no key ${jsonText(wanted.key)}`);
}

async function* entriesOf(operator: SavedOperator, state: string, wanted: { readonly key: unknown } | null) {
  operator.require(state);
  const images = wanted === null ? operator.groups() : operator.groupsWith(wanted.key);
  for await (const image of images) {
    if (wanted === null) for (const [key, content] of image.contentsOf(state)) yield { key, content };
    else {
      const content = image.get(wanted.key, state);
      if (content !== null) yield { key: wanted.key, content };
    }
  }
}
