import { cacheFolder } from './cache.js';

/** How a person gets nats-server, for every system; nothing here needs `weir` to reach anything. */
export function waysToGet(env: NodeJS.ProcessEnv): string {
  return [
    'Get it in one of these ways:',
    '  weir nats install                     asks, then gets it for this user',
    '  apt-get install nats-server           Debian, Ubuntu',
    '  brew install nats-server              macOS',
    '  scoop install main/nats-server        Windows',
    '  go install github.com/nats-io/nats-server/v2@latest',
    '  docker run -p 4222:4222 nats -js      and set NATS_URL=nats://127.0.0.1:4222',
    '  https://github.com/nats-io/nats-server/releases, then weir nats install --from <archive>',
    `Or set NATS_URL to a server that runs, NATS_SERVER_BIN to the program, or put it into ${cacheFolder(env)} as nats-server-<version>.`,
  ].join('\n');
}
