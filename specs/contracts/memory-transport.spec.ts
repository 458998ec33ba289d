import { MemoryBus } from '../../src/transport/memory/memory-bus.js';
import { MemoryDataLinks } from '../../src/transport/memory/memory-data-links.js';
import { busContract } from './bus-contract.js';
import { dataLinksContract } from './data-links-contract.js';
import { realUntil } from './until.js';

busContract('memory', async () => {
  const bus = new MemoryBus(setImmediate);
  return { a: bus, b: bus, until: realUntil };
});

dataLinksContract('memory', async () => {
  const links = new MemoryDataLinks(setImmediate);
  return { a: links, b: links, until: realUntil };
});
