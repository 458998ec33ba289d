import { describe, expect, it } from 'vitest';
import { coordinatorCost } from '../../../scripts/bench/traffic/coordinator-cost.js';
import { messagesAtRest, messagesOfCheckpoint, messagesOfDeployment } from '../../../scripts/bench/traffic/paper.js';
import { simulateTraffic } from '../../../scripts/bench/traffic/simulated-traffic.js';

/** The bench counts at 1,000 subtasks; formulas show themselves at any size. */
describe.each([
  { taskManagers: 25, slots: 4, subtasks: 100 },
  { taskManagers: 4, slots: 25, subtasks: 200 },
])('traffic: $subtasks subtasks on $taskManagers task managers', (spec) => {
  const traffic = simulateTraffic(spec);

  it('is heartbeats and nothing else at rest', () => {
    expect(traffic.rest.messages).toEqual(messagesAtRest(traffic.shape, traffic.rest.spanMs));
  });

  it('is what is on paper during a checkpoint, no message twice', () => {
    expect(traffic.checkpoint.messages).toMatchObject(messagesOfCheckpoint(traffic.shape));
    const others = Object.keys(traffic.checkpoint.messages).filter(
      (topic) => !(topic in messagesOfCheckpoint(traffic.shape)) && !topic.includes('taskManager'),
    );
    expect(others).toEqual([]);
  });

  it('is what is on paper while the job is deployed', () => {
    expect(traffic.deployment.messages).toMatchObject(messagesOfDeployment(traffic.shape));
  });

  it('makes the coordinator take as many steps as it is told something', () => {
    const { sources, subtasks } = traffic.shape;
    const { steps, checkpoints } = coordinatorCost(traffic);
    // Beside barriers, parts and commits: that it is due, what the source has, and that the entry is durable.
    expect(steps).toBe(checkpoints * (sources + 2 * subtasks + 3));
  });
});
