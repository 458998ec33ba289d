import { crc32 } from 'node:zlib';
import { failure } from '../../../actors/kernel/failure.js';
import type { Placement } from '../../../actors/protocol/deployment.js';
import type { SlotAddress, SubtaskKey, VertexId } from '../../../actors/protocol/ids.js';
import type { JobEdge, JobGraph, JobVertex, StateBackendName } from '../../../actors/protocol/job-graph.js';
import { bytesText } from '../../../actors/protocol/memory-size.js';
import { executionGraphOf } from '../../graph/execution-graph.js';
import type { JobProgram, VertexProgram } from '../../graph/job-program.js';
import type { Stage } from '../../operators/operator.js';
import type { InputChannel, OutputChannel } from '../channel/channel.js';
import { FramedInput } from '../channel/framed-input.js';
import { FramedOutput, type SendFrame } from '../channel/framed-output.js';
import { LocalChannel } from '../channel/local-channel.js';
import type { FrameCodec } from '../frame/frame-codec.js';
import { type ChannelId, channelText } from '../frame/frame-header.js';
import { Gauge } from '../gauge.js';
import {
  BroadcastOutput,
  CustomOutput,
  ForwardOutput,
  GlobalOutput,
  HashOutput,
  KeyedForwardOutput,
  type PartitionedOutput,
  RebalanceOutput,
  ShuffleOutput,
} from '../output/partitioned-output.js';
import { TaskOutput } from '../output/task-output.js';
import { type Culprit, TaskFailure } from '../task-failure.js';
import type { TaskOptions } from '../task-options.js';
import { leastMemory, SlotMemory } from './slot-memory.js';

export interface WiringSetting {
  readonly program: JobProgram;
  readonly placement: Placement;
  readonly address: SlotAddress;
  readonly options: TaskOptions;
  readonly stateBackend: StateBackendName;
  readonly codec: FrameCodec;
  /** How frames of a channel reach the slot of its other end. */
  sender(id: ChannelId, peer: SlotAddress): SendFrame;
  /** An element waits for a tasklet of this slot. */
  filled(): void;
}

/** One subtask of this slot with its ends of channels. */
export interface WiredSubtask {
  readonly subtask: SubtaskKey;
  readonly vertex: JobVertex;
  readonly index: number;
  readonly program: VertexProgram;
  readonly gauge: Gauge;
  readonly inputs: readonly InputChannel[];
  readonly inputOf: readonly number[];
  readonly inputFrom: readonly SubtaskKey[];
  readonly output: TaskOutput;
}

/** The subtasks of one slot, in topological order, and the channels that leave or enter it, by `channelText`. */
export interface Wiring {
  readonly subtasks: readonly WiredSubtask[];
  readonly framedInputs: ReadonlyMap<string, { readonly channel: FramedInput; readonly subtask: SubtaskKey }>;
  readonly framedOutputs: ReadonlyMap<string, { readonly channel: FramedOutput; readonly subtask: SubtaskKey }>;
  readonly memory: SlotMemory;
}

interface Ends {
  readonly gauge: Gauge;
  readonly inputs: InputChannel[];
  readonly inputOf: number[];
  readonly inputFrom: SubtaskKey[];
  /** By edge, each with one channel for each consumer. */
  readonly outputs: Map<string, OutputChannel[]>;
}

/** Connects the subtasks that are placed in a slot, with each other and with the slots of the others. */
export function wire(setting: WiringSetting): Wiring {
  const { program, placement, address, options, codec } = setting;
  const { graph } = program;
  const { subtasks, channels } = executionGraphOf(graph);
  const here = subtasks.filter(({ key }) => isSameSlot(addressOf(placement, key), address));
  const ends = new Map(here.map(({ key }) => [key, newEnds()]));
  const indexes = new Map(subtasks.map(({ key, index }) => [key, index]));
  const edges = new Map(graph.edges.map((edge, index) => [edge.id, { edge, index }]));
  const entering = channels.filter(({ from, to }) => ends.has(to) && !ends.has(from)).length;
  const memory = memoryOf(
    setting,
    here.map(({ vertex }) => vertex),
    entering,
  );
  const inputLimits = { ...options, channelWindowFrames: memory.budget.windowFrames };
  const framedInputs = new Map<string, { channel: FramedInput; subtask: SubtaskKey }>();
  const framedOutputs = new Map<string, { channel: FramedOutput; subtask: SubtaskKey }>();

  for (const { edge: edgeId, from, to } of channels) {
    const producer = ends.get(from);
    const consumer = ends.get(to);
    if (producer === undefined && consumer === undefined) continue;
    const { edge, index } = edges.get(edgeId) as { edge: JobEdge; index: number };
    const id: ChannelId = { edge: index, producer: indexes.get(from) as number, consumer: indexes.get(to) as number };
    if (producer !== undefined && consumer !== undefined) {
      const channel = new LocalChannel(id, options, producer.gauge, setting.filled);
      outputsOf(producer, edgeId).push(channel);
      consumer.inputs.push(channel);
      consumer.inputOf.push(edge.input);
      consumer.inputFrom.push(from);
    } else if (producer !== undefined) {
      const send = setting.sender(id, addressOf(placement, to));
      const timeoutMs = edge.bufferTimeoutMs === undefined ? graph.options.bufferTimeoutMs : edge.bufferTimeoutMs;
      const { output } = memory;
      const emitter = emitterOf(graph, edge);
      const channel = new FramedOutput(id, send, codec, options, producer.gauge, emitter, timeoutMs, output);
      outputsOf(producer, edgeId).push(channel);
      framedOutputs.set(channelText(id), { channel, subtask: from });
    } else if (consumer !== undefined) {
      const channel = new FramedInput(id, setting.sender(id, addressOf(placement, from)), codec, inputLimits);
      consumer.inputs.push(channel);
      consumer.inputOf.push(edge.input);
      consumer.inputFrom.push(from);
      framedInputs.set(channelText(id), { channel, subtask: to });
    }
  }

  const wired = here.map(({ key, vertex: vertexId, index }): WiredSubtask => {
    const vertex = vertexOf(graph, vertexId);
    const { gauge, inputs, inputOf, inputFrom, outputs } = ends.get(key) as Ends;
    const leaving = graph.edges
      .filter(({ from }) => from === vertexId)
      .map((edge) => ({ side: edge.side, edge: partition(edge, outputs.get(edge.id) ?? [], index, setting) }));
    const main = leaving.filter(({ side }) => side === null).map(({ edge }) => edge);
    const sides = leaving.flatMap(({ side, edge }) => (side === null ? [] : [{ side, edge }]));
    const vertexProgram = program.vertices.get(vertexId);
    if (vertexProgram === undefined) throw invalid(`the program has no code for vertex ${vertexId}`);
    return {
      subtask: key,
      vertex,
      index,
      program: vertexProgram,
      gauge,
      inputs,
      inputOf,
      inputFrom,
      output: new TaskOutput(main, sides),
    };
  });
  return { subtasks: wired, framedInputs, framedOutputs, memory };
}

function memoryOf(setting: WiringSetting, vertices: readonly VertexId[], inputs: number): SlotMemory {
  const { program, options, address } = setting;
  const { frameBytes, channelWindowFrames: windowFrames, slotMemoryBytes } = options;
  const keyed = vertices.flatMap((vertex) => program.vertices.get(vertex)?.stages.filter(isKeyed) ?? []);
  const cachedOperators = setting.stateBackend === 'disk' ? keyed.length : 0;
  const needs = { cachedOperators, inputs, frameBytes, windowFrames };
  const memory = SlotMemory.of(slotMemoryBytes, needs);
  if (memory !== null) return memory;
  throw new TaskFailure(
    failure(
      'SLOT_MEMORY_TOO_SMALL',
      'user',
      `${inputs} channels enter slot ${address.slot} of ${address.process}, and its ${bytesText(slotMemoryBytes)} of managed memory have no room for a frame ` +
        `of each: that takes at least ${bytesText(leastMemory(needs))}. Give slots more (--slot-memory), and say with env.setSlotMemory what the job needs`,
      'never',
    ),
  );
}

const isKeyed = (stage: Stage): boolean =>
  stage.kind === 'operator' ? stage.key !== null : stage.kind === 'twoInputs' && stage.keys.some((key) => key !== null);

function partition(
  edge: JobEdge,
  channels: readonly OutputChannel[],
  index: number,
  { program, address }: WiringSetting,
): PartitionedOutput {
  const [only, ...others] = channels;
  if (only === undefined) throw invalid(`edge ${edge.id} has no channel for subtask ${index} of ${edge.from}`);
  switch (edge.partitioner) {
    case 'forward':
      return new ForwardOutput(only);
    case 'rebalance':
      return new RebalanceOutput(channels, index);
    case 'rescale':
      return channels.length === 1 ? new ForwardOutput(only) : new RebalanceOutput(channels, index);
    case 'shuffle':
      return new ShuffleOutput(channels, seedOf(`${address.incarnation}/${edge.id}/${index}`));
    case 'global':
      return new GlobalOutput([only, ...others]);
    case 'custom': {
      const route = program.edgeRoutes.get(edge.id);
      if (route === undefined) throw invalid(`edge ${edge.id} has no function that picks consumers`);
      return new CustomOutput(channels, route, emitterOf(program.graph, edge));
    }
    case 'broadcast':
      return new BroadcastOutput(channels);
    case 'hash': {
      const select = program.edgeKeys.get(edge.id);
      if (select === undefined) throw invalid(`edge ${edge.id} has no key selector`);
      const emitter = emitterOf(program.graph, edge);
      if (channels.length === 1) return new KeyedForwardOutput(only, select, emitter);
      return new HashOutput(channels, select, vertexOf(program.graph, edge.to).maxParallelism, emitter);
    }
  }
}

/** Incarnations are drawn from Entropy, so that chance is another in each process and, in the simulator, the same in each run of a seed. */
const seedOf = (text: string): number => crc32(text);

const newEnds = (): Ends => ({ gauge: new Gauge(), inputs: [], inputOf: [], inputFrom: [], outputs: new Map() });

function outputsOf({ outputs }: Ends, edge: string): OutputChannel[] {
  const channels = outputs.get(edge) ?? [];
  outputs.set(edge, channels);
  return channels;
}

/** The operator whose side output it is, or the last of the producing chain. */
function emitterOf(graph: JobGraph, edge: JobEdge): Culprit {
  const { operators } = vertexOf(graph, edge.from);
  const operator = edge.side === null ? operators.at(-1) : operators.find(({ uid }) => uid === edge.side?.operator);
  return operator ?? { uid: edge.from, name: edge.from };
}

function vertexOf(graph: JobGraph, id: string): JobVertex {
  const vertex = graph.vertices.find((candidate) => candidate.id === id);
  if (vertex === undefined) throw invalid(`the graph has no vertex ${id}`);
  return vertex;
}

function addressOf(placement: Placement, key: SubtaskKey): SlotAddress {
  const address = placement[key];
  if (address === undefined) throw invalid(`the placement names no slot for ${key}`);
  return address;
}

const isSameSlot = (a: SlotAddress, b: SlotAddress): boolean =>
  a.process === b.process && a.incarnation === b.incarnation && a.slot === b.slot;

const invalid = (what: string): TaskFailure => new TaskFailure(failure('GRAPH_INVALID', 'internal', what, 'never'));
