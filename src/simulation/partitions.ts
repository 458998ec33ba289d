import type { SimNetwork } from './network.js';
import type { SimWorld } from './world.js';

const plans = 2;
const lastsMs = 400;
const lastsMsMax = 2_000;

/** Plans the partitions of a run: between two processes, or around one; both ways, or one way only. */
export function planPartitions(world: SimWorld, network: SimNetwork, names: readonly string[], healAtMs: number): void {
  for (let plan = 0; plan < plans; plan += 1) {
    const atMs = world.choices.at(`partition:${plan}`, world.rates.partition, Math.max(1, healAtMs - 1));
    if (atMs === 0) continue;
    const shape = world.choices.at(`partitionShape:${plan}`, 1, 1_000_000);
    const forMs = world.choices.at(`partitionFor:${plan}`, 1, lastsMsMax) || lastsMs;
    const pairs = pairsOf(shape, names);
    world.at(atMs, () => {
      if (world.choices.isHealed) return;
      for (const [from, to] of pairs) network.cutBetween(from, to);
    });
    world.at(atMs + forMs, () => {
      for (const [from, to] of pairs) network.mendBetween(from, to);
    });
  }
}

function pairsOf(shape: number, names: readonly string[]): readonly (readonly [string, string])[] {
  const one = names[shape % names.length] as string;
  const others = names.filter((name) => name !== one);
  const around = (shape >> 4) % 2 === 0;
  const direction = (shape >> 5) % 3;
  const peers = around ? others : [others[(shape >> 8) % others.length] as string];
  return peers.flatMap((other): (readonly [string, string])[] => [
    ...(direction === 1 ? [] : [[one, other] as const]),
    ...(direction === 2 ? [] : [[other, one] as const]),
  ]);
}
