import type { Outcome } from '../outcome.js';
import { coordinatorCost } from './coordinator-cost.js';
import { messagesAtRest, messagesOfCheckpoint, messagesOfDeployment, sum } from './paper.js';
import { type Span, simulateTraffic, type Traffic, type TrafficSpec } from './simulated-traffic.js';

const clusters: readonly TrafficSpec[] = [
  { taskManagers: 250, slots: 4, subtasks: 1_000 },
  { taskManagers: 20, slots: 50, subtasks: 1_000 },
];
const cpuMsWanted = 50;

/** What 1,000 subtasks make the processes of a cluster say to each other, counted in a simulated one and beside it on paper. */
export function traffic(): Outcome {
  const outcomes = clusters.map((spec) => measured(spec, simulateTraffic(spec)));
  return {
    name: 'traffic',
    lines: outcomes.flatMap(({ lines }) => lines),
    measured: { clusters: outcomes.map(({ figures }) => figures) },
    misses: outcomes.flatMap(({ misses }) => misses),
  };
}

function measured({ taskManagers, slots, subtasks }: TrafficSpec, counted: Traffic) {
  const { shape, deployment, rest, checkpoint } = counted;
  const cost = coordinatorCost(counted);
  const atRest = compared(rest, messagesAtRest(shape, rest.spanMs));
  const aCheckpoint = compared(checkpoint, messagesOfCheckpoint(shape));
  const toDeploy = compared(deployment, messagesOfDeployment(shape));
  const misses = [
    ...[atRest, aCheckpoint, toDeploy].flatMap(({ differences }) => differences),
    ...(cost.cpuMsPerCheckpoint < cpuMsWanted
      ? []
      : [`${cost.cpuMsPerCheckpoint} ms of the coordinator are not below ${cpuMsWanted}`]),
  ];
  return {
    lines: [
      `traffic of ${subtasks} subtasks on ${taskManagers} task managers of ${slots} slots, counted and (on paper): ` +
        `${(atRest.counted * 1_000) / rest.spanMs}/s (${(atRest.paper * 1_000) / rest.spanMs}) at rest, ` +
        `${aCheckpoint.counted} (${aCheckpoint.paper}) a checkpoint, ${toDeploy.counted} (${toDeploy.paper}) to deploy`,
      ...Object.entries(checkpoint.messages).map(([topic, count]) => `  ${topic}: ${count}`),
      `  bytes: ${kib(rest)} KiB in ${rest.spanMs} ms of rest, ${kib(checkpoint)} a checkpoint, ${kib(deployment)} to deploy; ` +
        `coordinator: ${cost.cpuMsPerCheckpoint} ms of processor time a checkpoint (wanted below ${cpuMsWanted})`,
    ],
    figures: { taskManagers, slots, subtasks, rest, checkpoint, deployment, coordinator: cost },
    misses,
  };
}

/** The messages of a span that a formula speaks of, and where they are not what it says. */
function compared({ messages }: Span, paper: Readonly<Record<string, number>>) {
  const topics = Object.keys(paper);
  return {
    counted: topics.reduce((total, topic) => total + (messages[topic] ?? 0), 0),
    paper: sum(paper),
    differences: topics
      .filter((topic) => messages[topic] !== paper[topic])
      .map((topic) => `${topic}: ${messages[topic] ?? 0}, and ${paper[topic]} on paper`),
  };
}

const kib = ({ bytes }: Span): number => Math.round(bytes / 1_024);
