import type { JobEdge, JobGraph, JobVertex, OperatorNode } from '../../../actors/protocol/job-graph.js';
import { bytesText } from '../../../actors/protocol/memory-size.js';
import { defaultSlotSharingGroup, slotSharingGroupOf, slotsNeeded } from '../../../actors/protocol/slot-sharing.js';
import type { ExecutionGraph } from '../execution-graph.js';
import type { StreamGraph, StreamNode } from '../stream-graph.js';

/** A box: its name, what is said of it, what it holds, line by line, and where it leads. */
export interface Box {
  readonly id: string;
  readonly facts: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly arrows: readonly { readonly to: string; readonly label: string }[];
}

/** A graph laid out for people; the printers differ only in what they draw it with. */
export interface Drawing {
  readonly title: string;
  readonly summary: string;
  readonly boxes: readonly Box[];
}

export function drawStreamGraph(graph: StreamGraph): Drawing {
  return {
    title: graph.name,
    summary: `stream graph: ${count(graph.nodes.length, 'operator')}, as written`,
    boxes: graph.nodes.map((node) => ({
      id: node.uid,
      facts: [`×${node.parallelism}`, ...groupFact(node.slotSharingGroup)],
      rows: [[node.operation, ...operatorRow(node).slice(1, 3), node.writtenAt]],
      arrows: graph.nodes.flatMap(({ uid, inputs }) =>
        inputs
          .filter(({ from }) => from === node.id)
          .map(({ partitioner, input, tag }) => ({ to: uid, label: labelOf(partitioner, input, tag) })),
      ),
    })),
  };
}

/** Of each slot. */
const memoryFact = ({ options: { slotMemoryBytes } }: JobGraph): string =>
  slotMemoryBytes === undefined ? '' : ` of ${bytesText(slotMemoryBytes)}`;

export function drawJobGraph(graph: JobGraph): Drawing {
  const operators = graph.vertices.reduce((sum, vertex) => sum + vertex.operators.length, 0);
  const slots = slotsNeeded(graph);
  return {
    title: graph.name,
    summary: `job graph: ${count(graph.vertices.length, 'vertex')}, ${count(operators, 'operator')}, needs ${count(slots, 'slot')}${memoryFact(graph)}`,
    boxes: graph.vertices.map((vertex) => ({
      id: vertex.id,
      facts: vertexFacts(vertex, graph.edges),
      rows: vertex.operators.map(operatorRow),
      arrows: leaving(graph, vertex).map((edge) => ({ to: edge.to, label: edgeLabel(edge) })),
    })),
  };
}

export function drawExecutionGraph({ job, subtasks, channels, slots }: ExecutionGraph): Drawing {
  return {
    title: job.name,
    summary: `execution graph: ${count(subtasks.length, 'subtask')}, ${count(channels.length, 'channel')}, needs ${count(slots, 'slot')}`,
    boxes: job.vertices.map((vertex) => ({
      id: vertex.id,
      facts: vertexFacts(vertex, job.edges),
      rows: subtasks
        .filter((subtask) => subtask.vertex === vertex.id)
        .map(({ key, keyGroups }) => [
          key,
          keyGroups === null ? '' : `key groups ${keyGroups.first} to ${keyGroups.last}`,
        ]),
      arrows: leaving(job, vertex).map((edge) => ({
        to: edge.to,
        label: `${edgeLabel(edge)}, ${count(channels.filter((channel) => channel.edge === edge.id).length, 'channel')}`,
      })),
    })),
  };
}

function operatorRow({ uid, name, kind, stateful, commits }: OperatorNode | StreamNode): string[] {
  // The uid of an operator without state names nothing that a person could look for.
  return [kind, name, commits ? 'commits' : stateful ? 'state' : '', stateful && name !== uid ? `uid ${uid}` : ''];
}

/** Max parallelism only matters, and is only said, where key groups are. */
function vertexFacts(vertex: JobVertex, edges: readonly JobEdge[]): string[] {
  const { id, parallelism, maxParallelism } = vertex;
  const keyed = edges.some(({ to, partitioner }) => to === id && partitioner === 'hash');
  return [`×${parallelism}`, ...(keyed ? [`max ${maxParallelism}`] : []), ...groupFact(slotSharingGroupOf(vertex))];
}

const groupFact = (group: string): string[] => (group === defaultSlotSharingGroup ? [] : [`slots of '${group}'`]);

const edgeLabel = ({ partitioner, input, side }: JobEdge): string => labelOf(partitioner, input, side?.tag ?? null);

/** Says what is not as usual: the side output that it comes from, the input that it leads into. */
function labelOf(partitioner: string, input: number, tag: string | null): string {
  return [
    partitioner,
    ...(tag === null ? [] : [`side output '${tag}'`]),
    ...(input === 0 ? [] : [`input ${input + 1}`]),
  ].join(', ');
}

function leaving({ edges }: JobGraph, vertex: JobVertex): JobEdge[] {
  return edges.filter(({ from }) => from === vertex.id);
}

function count(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : noun.replace(/ex$/, 'ice').concat('s')}`;
}
