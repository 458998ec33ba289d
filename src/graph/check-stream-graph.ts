import type { Failure } from '../../actors/protocol/failure.js';
import { failure } from '../../actors/protocol/failure.js';
import { chainsOf } from './chaining.js';
import { alignmentOfNode, splitWatermarkNode } from './split-watermark-stage.js';
import type { StreamGraph, StreamNode } from './stream-graph.js';
import { nodeText } from './stream-graph.js';

/** The largest parallelism and max parallelism: as many key groups as there can be. */
const parallelismMax = 32_768;

/** Of uids, and of the names of slot sharing groups. */
const uidPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The first thing that is wrong with a job as written, or null. All are mistakes in the job's code, so no restart helps. */
export function checkStreamGraph(graph: StreamGraph): Failure | null {
  return (
    checkParallelism(graph) ??
    checkUidsValid(graph) ??
    checkUidsUnique(graph) ??
    checkUidsGiven(graph) ??
    checkForward(graph) ??
    checkAlignments(graph) ??
    checkSlotSharingGroups(graph) ??
    checkSinks(graph)
  );
}

function checkParallelism({ nodes }: StreamGraph): Failure | null {
  for (const node of nodes) {
    const { parallelism, maxParallelism } = node;
    if (!inRange(parallelism)) {
      return mistake(
        'PARALLELISM_RANGE',
        `Operator ${nodeText(node)} has parallelism ${parallelism}. Set a whole number from 1 to ${parallelismMax}.`,
      );
    }
    if (maxParallelism === null) continue;
    if (!inRange(maxParallelism)) {
      return mistake(
        'PARALLELISM_RANGE',
        `Operator ${nodeText(node)} has max parallelism ${maxParallelism}. Set a whole number from 1 to ${parallelismMax}.`,
      );
    }
    if (parallelism > maxParallelism) {
      return mistake(
        'PARALLELISM_RANGE',
        `Operator ${nodeText(node)} has parallelism ${parallelism}, which is above its max parallelism ${maxParallelism}. ` +
          'Lower the parallelism, or raise the max parallelism; raising it makes keyed state of earlier runs unusable.',
      );
    }
  }
  return null;
}

function checkUidsValid({ nodes }: StreamGraph): Failure | null {
  const node = nodes.find(({ uid, uidGiven }) => uidGiven && !uidPattern.test(uid));
  if (node === undefined) return null;
  return mistake(
    'UID_INVALID',
    `Operator ${nodeText(node)} has the uid '${node.uid}'. ` +
      'A uid begins with a letter or digit, goes on with letters, digits, dots, dashes or underscores, and has at most 100 characters.',
  );
}

function checkUidsUnique({ nodes }: StreamGraph): Failure | null {
  const byUid = new Map<string, StreamNode>();
  for (const node of nodes) {
    const other = byUid.get(node.uid);
    if (other !== undefined) {
      return mistake(
        'UID_DUPLICATE',
        `Two operators have the uid '${node.uid}': ${nodeText(other)} and ${nodeText(node)}. ` +
          'A uid names the state of one operator; give one of them another uid.',
      );
    }
    byUid.set(node.uid, node);
  }
  return null;
}

function checkUidsGiven({ nodes, generatedUidsAllowed }: StreamGraph): Failure | null {
  if (generatedUidsAllowed) return null;
  const missing = nodes.filter((node) => node.stateful && !node.uidGiven);
  const [first] = missing;
  if (first === undefined) return null;
  const what =
    missing.length === 1
      ? `Operator ${nodeText(first)} keeps state but has no uid.`
      : `${missing.length} operators keep state but have no uid: ${missing.map(nodeText).join(', ')}.`;
  return mistake(
    'UID_MISSING',
    `${what} Add .uid('my-${first.operation}') after it. The uid names the state, so that the next version of the job finds it ` +
      'again; if none ever needs it, call env.allowGeneratedUids().',
  );
}

function checkForward({ nodes }: StreamGraph): Failure | null {
  for (const node of nodes) {
    for (const { from, partitioner } of node.inputs) {
      const producer = nodes[from - 1] as StreamNode;
      if (partitioner !== 'forward' || producer.parallelism === node.parallelism) continue;
      return mistake(
        'FORWARD_PARALLELISM',
        `forward() leads from ${nodeText(producer)} with parallelism ${producer.parallelism} to ${nodeText(node)} with ` +
          `parallelism ${node.parallelism}. Give both the same parallelism, or use rebalance() instead.`,
      );
    }
  }
  return null;
}

/** Only a source can be told to wait. */
function checkAlignments(graph: StreamGraph): Failure | null {
  if (graph.nodes.every((node) => alignmentOfNode(node) === null)) return null;
  const atSource = new Set(chainsOf(graph).map(splitWatermarkNode));
  const node = graph.nodes.find((each) => alignmentOfNode(each) !== null && !atSource.has(each));
  if (node === undefined) return null;
  return mistake(
    'ALIGNMENT_WITHOUT_SOURCE',
    `The watermark strategy of ${nodeText(node)} is withAlignment, and does not stand in one chain with a source. ` +
      'Put assignTimestampsAndWatermarks right behind the source, with its parallelism and nothing but map, filter and flatMap between.',
  );
}

function checkSlotSharingGroups({ nodes }: StreamGraph): Failure | null {
  const node = nodes.find(({ slotSharingGroup }) => !uidPattern.test(slotSharingGroup));
  if (node === undefined) return null;
  return mistake(
    'SLOT_SHARING_GROUP_INVALID',
    `Operator ${nodeText(node)} is in the slot sharing group '${node.slotSharingGroup}'. The name of a group begins with a letter or digit, ` +
      'goes on with letters, digits, dots, dashes or underscores, and has at most 100 characters.',
  );
}

function checkSinks({ name, nodes }: StreamGraph): Failure | null {
  if (nodes.some((node) => node.kind === 'sink')) return null;
  return mistake(
    'JOB_EMPTY',
    `Job '${name}' has no sink, so nothing would become of what it computes. ` +
      "End a stream with sinkTo(sink), print() or collect('name').",
  );
}

function inRange(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= parallelismMax;
}

function mistake(code: string, message: string): Failure {
  return failure(code, 'user', message, 'never');
}
