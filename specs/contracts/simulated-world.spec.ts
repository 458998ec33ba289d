import { Choices, noFaults } from '../../src/simulation/choices.js';
import { SimNetwork } from '../../src/simulation/network.js';
import { SimFiles } from '../../src/simulation/sim-files.js';
import { SimProcess } from '../../src/simulation/sim-process.js';
import { SimStore } from '../../src/simulation/sim-store.js';
import { SimWorld } from '../../src/simulation/world.js';
import { blobStoreContract } from './blob-store-contract.js';
import { busContract } from './bus-contract.js';
import { clockContract } from './clock-contract.js';
import { dataLinksContract } from './data-links-contract.js';
import { filesContract } from './files-contract.js';
import type { Until } from './until.js';

/** What the simulator gives to the engine keeps the contracts of what it stands for: a bug found in it is a bug of the engine. */
function undisturbed() {
  const world = new SimWorld({ choices: Choices.replayed({}), rates: noFaults, replaying: false, turnRecordsMax: 8 });
  const life = (name: string): SimProcess => new SimProcess(world, name, 1, null, () => undefined);
  const until: Until = async (condition) => {
    for (;;) {
      // Continuations of what was answered come before what happens next.
      await Promise.resolve();
      if (condition()) return;
      if (!world.step()) throw new Error('nothing is left to happen, and the condition does not hold');
    }
  };
  return { world, a: life('a'), b: life('b'), until };
}

const nobody = (): void => undefined;

busContract('simulated', async () => {
  const { world, a, b, until } = undisturbed();
  const network = new SimNetwork(world);
  return { a: network.busOf(a), b: network.busOf(b), until };
});

dataLinksContract('simulated', async () => {
  const { world, a, b, until } = undisturbed();
  const network = new SimNetwork(world);
  return { a: network.linksOf(a), b: network.linksOf(b), until };
});

clockContract('simulated', async () => {
  const { a, until } = undisturbed();
  return { clock: a.clock(), loops: a.loops(), until };
});

blobStoreContract('simulated', async () => {
  const { world, a, b, until } = undisturbed();
  const store = new SimStore(world, nobody);
  return { store: store.of(a), other: store.of(b), until };
});

filesContract('simulated', async () => {
  const { world, a, until } = undisturbed();
  return { files: new SimFiles(world, nobody).of(a), folder: 'folder', until };
});
