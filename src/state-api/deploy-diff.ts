import type { JobGraph, JobVertex, OperatorNode } from '../../actors/protocol/job-graph.js';
import { endedText, keyGroupsBefore } from '../../actors/protocol/savepoint.js';
import { mistake } from '../api/engine-error.js';
import type { JobProgram } from '../graph/job-program.js';
import type { Stage } from '../operators/operator.js';
import { isItemOf, itemsText, takesItem } from '../operators/operator-state.js';
import type { StoredState } from '../state/group-image.js';
import { StateFailure } from '../state/state-failure.js';
import { readerOf, stateText, type ValueSerializer } from '../state/value-serializer.js';
import type { Declaration } from './declarations.js';
import { dryOpen, type Opened, type OpenSetting } from './dry-open.js';
import { type SavedStateInfo, statesOf } from './saved-operator.js';
import type { Savepoint } from './savepoint.js';
import type { SavepointParts } from './savepoint-parts.js';

/**
 * What becomes of state. `fits`: it goes on. `migrated`: it goes on, and the job's serializer reads an older version. `new`: it begins empty. `kept`: the code
 * has not asked for it in `open`; it is kept, and written again. `dropped`: it is left behind. `refused`: the job cannot begin with it.
 */
export type Verdict = 'fits' | 'migrated' | 'new' | 'kept' | 'dropped' | 'refused';

export interface StateDiff {
  readonly state: string;
  readonly kind: string;
  readonly verdict: Verdict;
  /** Why, where that is not all; empty otherwise. */
  readonly why: string;
}

export interface OperatorDiff {
  readonly uid: string;
  readonly verdict: Exclude<Verdict, 'migrated' | 'kept'>;
  /** Why its state cannot be read, each with the state. */
  readonly reasons: readonly string[];
  /** What holds for the operator as a whole. */
  readonly notes: readonly string[];
  readonly states: readonly StateDiff[];
}

export interface DeployDiff {
  readonly savepoint: string;
  /** What it is, for people. */
  readonly title: string;
  /** `refused` goes before `dropped`. */
  readonly verdict: 'fits' | 'dropped' | 'refused';
  readonly notes: readonly string[];
  readonly operators: readonly OperatorDiff[];
}

/** What happens to each state of a savepoint when a job begins with it. Code of the job's operators runs in `open`; no record, source or sink does. */
export async function deployDiff(
  program: JobProgram,
  savepoint: Savepoint,
  clock: OpenSetting['clock'],
): Promise<DeployDiff> {
  const { parts, manifest } = savepoint;
  const work = { program, parts, clock };
  const saved = savedUids(parts);
  const uids = nodesOf(program.graph).map(({ node }) => node.uid);
  const operators: OperatorDiff[] = [];
  for (const { node, vertex } of nodesOf(program.graph)) {
    const diff = saved.has(node.uid) ? await operatorDiff(work, node, vertex) : await newOperator(work, node, vertex);
    if (diff !== null) operators.push(diff);
  }
  const gone = [...saved].filter((uid) => !uids.includes(uid));
  for (const uid of gone) operators.push(droppedOperator(uid, parts, operators));
  const ended = endedText(manifest);
  const refused = ended !== null || operators.some(({ verdict }) => verdict === 'refused');
  return {
    savepoint: savepoint.name,
    title: savepoint.title,
    verdict: refused ? 'refused' : operators.some(({ verdict }) => verdict === 'dropped') ? 'dropped' : 'fits',
    notes: ended === null ? [] : [ended],
    operators,
  };
}

/**
 * Throws before anything of the job is started: SAVEPOINT_DRAINED when nothing can go on with the savepoint, STATE_UNREADABLE when an operator cannot go on with its
 * state, and STATE_UNMATCHED when state is left behind that may not be.
 */
export async function requireFitting(
  program: JobProgram,
  savepoint: Savepoint,
  { clock, allowDroppedState }: Pick<OpenSetting, 'clock'> & { readonly allowDroppedState: boolean },
): Promise<void> {
  const ended = endedText(savepoint.manifest);
  if (ended !== null) throw mistake('SAVEPOINT_DRAINED', ended);
  const { operators } = await deployDiff(program, savepoint, clock);
  const begin = `The job cannot begin with ${savepoint.title}`;
  const reasons = operators.flatMap(({ reasons: own }) => own);
  if (reasons.length > 0) throw mistake('STATE_UNREADABLE', `${begin}:\n${indented(reasons)}\nweir diff says more.`);
  const dropped = operators.filter(({ verdict }) => verdict === 'dropped');
  if (dropped.length === 0 || allowDroppedState) return;
  const left = dropped.map(({ uid, notes }) => `Of operator '${uid}': ${notes.join('; ')}.`);
  const way = 'Give the operators their uids again, or leave that state behind with --allow-dropped-state.';
  throw mistake('STATE_UNMATCHED', `${begin} without losing state. ${left.join(' ')} ${way} weir diff says more.`);
}

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

interface DiffWork {
  readonly program: JobProgram;
  readonly parts: SavepointParts;
  readonly clock: OpenSetting['clock'];
}

const nodesOf = ({ vertices }: JobGraph): readonly { readonly node: OperatorNode; readonly vertex: JobVertex }[] =>
  vertices.flatMap((vertex) => vertex.operators.map((node) => ({ node, vertex })));

/** Operators that have state in the savepoint; sources also when all they have is splits that nobody reads yet. */
function savedUids({ manifest }: SavepointParts): ReadonlySet<string> {
  const { subtasks, enumerators } = manifest.checkpoint;
  const operators = subtasks.flatMap((subtask) => subtask.operators.map(({ uid }) => uid));
  return new Set([
    ...operators,
    ...enumerators.filter(({ unassigned }) => unassigned.length > 0).map(({ uid }) => uid),
  ]);
}

async function operatorDiff(work: DiffWork, node: OperatorNode, vertex: JobVertex): Promise<OperatorDiff> {
  const { parts } = work;
  const { uid } = node;
  const saved = statesOf(parts, uid);
  const notes = vertexNotes(parts, uid, vertex);
  const groups = wrongGroups(parts, uid, vertex);
  if (groups !== null) {
    const states = saved.map((info) => ({ state: info.name, kind: info.kind, verdict: 'refused' as const, why: '' }));
    return { uid, verdict: 'refused', reasons: [], notes: [groups, ...notes], states };
  }
  const own = node.kind === 'source' ? [positions] : node.kind === 'sink' || node.commits ? [committables] : [];
  const lost = await lostItems(work, node, vertex);
  const left =
    lost.length === 0 ? [] : [`has no such state any more: ${itemsText(lost)} of the savepoint are left behind`];
  const droppedStates = saved.map(({ name: state, kind }): StateDiff => ({ state, kind, verdict: 'dropped', why: '' }));
  const unkeyed =
    saved.length === 0 ? [] : ['has no keyed state any more: what the savepoint holds of it is left behind'];
  const dropped: OperatorDiff = {
    uid,
    verdict: 'dropped',
    reasons: [],
    notes: [...unkeyed, ...left, ...notes],
    states: droppedStates,
  };
  const opened = node.kind === 'transform' ? await openOf(work, node, vertex, parts) : null;
  if (opened === null && unkeyed.length + left.length === 0)
    return { uid, verdict: 'fits', reasons: [], notes: [...own, ...notes], states: [] };
  if (opened === null || (!opened.isKeyed && saved.length > 0)) return dropped;
  const forms = await parts.formsOf(uid);
  const states = statesDiff(uid, saved, opened.declared, forms);
  const { refused, unknown } = opened;
  const more = [
    ...(refused === null || states.some(({ verdict }) => verdict === 'refused') ? [] : [refused]),
    ...(unknown === null ? [] : [`what states it has cannot all be known: ${unknown}`]),
  ];
  const reasons = states
    .filter(({ verdict }) => verdict === 'refused')
    .map(({ state, why }) => whole(stateText(uid, state), why));
  if (refused !== null && reasons.length === 0) reasons.push(refused);
  const verdict = reasons.length > 0 ? 'refused' : left.length > 0 ? 'dropped' : 'fits';
  return { uid, verdict, reasons, notes: [...left, ...more, ...own, ...notes], states };
}

/** Operator state that the operator of that uid does not take, as a restore decides it. */
async function lostItems(
  { program, parts }: DiffWork,
  { uid, kind }: OperatorNode,
  { id }: JobVertex,
): Promise<readonly unknown[]> {
  const { stages = [], errorPolicies } = program.vertices.get(id) ?? {};
  const stage = stages.find((each) => each.uid === uid);
  const operator = stage?.kind === 'operator' || stage?.kind === 'twoInputs' ? stage.create() : null;
  const hasLetters = typeof errorPolicies?.get(uid) === 'object';
  const isTaken = (item: unknown): boolean =>
    (kind === 'source' && isItemOf('positions', item)) ||
    (hasLetters && isItemOf('deadLetters', item)) ||
    (operator !== null && takesItem(operator, item));
  const unread = parts.manifest.checkpoint.enumerators.filter((each) => each.uid === uid && kind !== 'source');
  const items = [...(await parts.itemsOfOperator(uid)), ...unread.flatMap(({ unassigned }) => unassigned)];
  return items.filter((item) => !isTaken(item));
}

const positions = 'goes on at the positions of the savepoint';
const committables = 'what was to be committed is committed again';

/** A reason names its state. */
const whole = (where: string, why: string): string => (why.startsWith(where) ? why : `${where}: ${why}`);

async function newOperator(work: DiffWork, node: OperatorNode, vertex: JobVertex): Promise<OperatorDiff | null> {
  const { uid } = node;
  if (node.kind === 'source')
    return { uid, verdict: 'new', reasons: [], notes: ['begins at its beginning'], states: [] };
  if (!node.stateful || node.kind === 'sink') return null;
  const opened = await openOf(work, node, vertex, null);
  const states = (opened?.declared ?? []).map(({ name, kind }) => ({
    state: name,
    kind,
    verdict: 'new' as const,
    why: '',
  }));
  return { uid, verdict: 'new', reasons: [], notes: [], states };
}

function droppedOperator(uid: string, parts: SavepointParts, operators: readonly OperatorDiff[]): OperatorDiff {
  const saved = statesOf(parts, uid);
  const states = saved.map(({ name, kind }) => ({ state: name, kind, verdict: 'dropped' as const, why: '' }));
  const notes = [...whatIsLost(parts, uid), ...guesses(uid, saved, parts, operators)];
  return { uid, verdict: 'dropped', reasons: [], notes, states };
}

/** Operator state has no names: what it is shows in what the operator was. */
function whatIsLost({ manifest }: SavepointParts, uid: string): readonly string[] {
  const node = nodesOf(manifest.graph).find((each) => each.node.uid === uid)?.node;
  if (node?.kind === 'source') return ['no operator has this uid any more: its positions are left behind'];
  if (node?.commits === true || node?.kind === 'sink') {
    return [
      'no operator has this uid any more: what it was to commit is left behind, and is lost unless that was done',
    ];
  }
  return ['no operator has this uid any more'];
}

/** Somebody who renames an operator rarely means to lose its state. */
function guesses(
  uid: string,
  saved: readonly SavedStateInfo[],
  { manifest }: SavepointParts,
  operators: readonly OperatorDiff[],
): readonly string[] {
  const kindBefore = nodesOf(manifest.graph).find(({ node }) => node.uid === uid)?.node.kind;
  const fresh = operators.filter(({ verdict }) => verdict === 'new');
  const alike = fresh.filter(({ states, notes }) =>
    saved.length === 0
      ? kindBefore === 'source' && notes.length > 0
      : saved.every(({ name, kind }) => states.some((each) => each.state === name && each.kind === kind)),
  );
  return alike.map(
    (each) =>
      `'${uid}' is gone, and '${each.uid}' is new and has ${saved.length === 0 ? 'positions too' : 'states of the same names'}: did you rename it?`,
  );
}

function vertexNotes({ manifest }: SavepointParts, uid: string, { parallelism }: JobVertex): readonly string[] {
  const before = nodesOf(manifest.graph).find(({ node }) => node.uid === uid)?.vertex.parallelism;
  return before === undefined || before === parallelism ? [] : [`parallelism ${before} becomes ${parallelism}`];
}

function wrongGroups({ manifest }: SavepointParts, uid: string, { maxParallelism }: JobVertex): string | null {
  const had = keyGroupsBefore(manifest)[uid];
  if (had === undefined || had === maxParallelism) return null;
  return `max parallelism is ${maxParallelism} and was ${had}: state cannot be divided anew; set it to ${had}, or do not set it`;
}

/** Null for what has no operator of its own, and so no state. */
async function openOf(
  { program, clock }: DiffWork,
  node: OperatorNode,
  vertex: JobVertex,
  parts: SavepointParts | null,
): Promise<Opened | null> {
  const stages: readonly Stage[] = program.vertices.get(vertex.id)?.stages ?? [];
  const stage = stages.find(({ uid }) => uid === node.uid);
  if (stage === undefined || (stage.kind !== 'operator' && stage.kind !== 'twoInputs')) return null;
  const { parallelism, maxParallelism } = vertex;
  return dryOpen(stage, parts, { job: program.graph.name, parallelism, maxParallelism, clock });
}

function statesDiff(
  uid: string,
  saved: readonly SavedStateInfo[],
  declared: readonly Declaration[],
  forms: ReadonlyMap<string, StoredState>,
): readonly StateDiff[] {
  const known = saved.map((info): StateDiff => {
    const { name: state, kind } = info;
    const declaration = declared.find(({ name }) => name === state);
    if (declaration === undefined)
      return { state, kind, verdict: 'kept', why: 'the code does not ask for it when it opens' };
    return { state, kind, ...verdictOf(stateText(uid, state), info, declaration, forms.get(state)?.timed === true) };
  });
  const fresh = declared.filter(({ name }) => saved.every((each) => each.name !== name));
  return [...known, ...fresh.map(({ name, kind }): StateDiff => ({ state: name, kind, verdict: 'new', why: '' }))];
}

/** As a restore decides it. */
function verdictOf(
  where: string,
  { kind, serializer: written }: SavedStateInfo,
  declaration: Declaration,
  timed: boolean,
): Pick<StateDiff, 'verdict' | 'why'> {
  if (declaration.kind !== kind) return { verdict: 'refused', why: `it is ${declaration.kind} state in the code` };
  const { descriptor } = declaration;
  if (descriptor === null) return { verdict: 'fits', why: '' };
  if ((descriptor.ttl !== null) !== timed) {
    return {
      verdict: 'refused',
      why: timed
        ? 'it has a TTL in the savepoint, and none in the code'
        : 'it has a TTL in the code, and none in the savepoint',
    };
  }
  const reads: ValueSerializer<unknown> | null = descriptor.serializer ?? null;
  try {
    readerOf(where, written, reads);
  } catch (error) {
    if (error instanceof StateFailure) return { verdict: 'refused', why: error.message };
    throw error;
  }
  if (written?.version === reads?.version) return { verdict: 'fits', why: '' };
  const before = written === null ? 'plain data' : `version ${written.version}`;
  return { verdict: 'migrated', why: `${before} is read as version ${reads?.version} of serializer '${reads?.name}'` };
}
