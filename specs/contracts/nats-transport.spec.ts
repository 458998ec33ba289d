import { NatsBus } from '../../src/transport/nats/nats-bus.js';
import { NatsDataLinks } from '../../src/transport/nats/nats-data-links.js';
import { busContract } from './bus-contract.js';
import { dataLinksContract } from './data-links-contract.js';
import { linkTo, natsServerForFile } from './nats-world.js';
import { realUntil } from './until.js';

const file = natsServerForFile();

/** Two processes on one server. A server knows of a subscription once it has answered what came after it. */
async function twoProcesses() {
  const { link: a } = await linkTo(file.server.url, 'a');
  const { link: b } = await linkTo(file.server.url, 'b');
  const settled = async (): Promise<void> => {
    await a.connection.flush();
    await b.connection.flush();
  };
  return { a, b, settled };
}

busContract('nats', async () => {
  const { a, b, settled } = await twoProcesses();
  return { a: new NatsBus(a), b: new NatsBus(b), settled, until: realUntil };
});

dataLinksContract('nats', async () => {
  const { a, b, settled } = await twoProcesses();
  return { a: new NatsDataLinks(a), b: new NatsDataLinks(b), settled, until: realUntil };
});
