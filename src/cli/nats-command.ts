import { createInterface } from 'node:readline/promises';
import { findNatsServer } from '../runtime/nats-server/find-nats-server.js';
import {
  describeWay,
  type InstallWay,
  installNatsServer,
  installWays,
} from '../runtime/nats-server/install-nats-server.js';
import { exitCode, UsageError } from './exit-code.js';
import type { Terminal } from './terminal.js';

export interface NatsInstallOptions {
  /** Ask nothing. */
  readonly yes: boolean;
  /** An archive of a release that is here already; null gets nats-server in the best way that this machine has. */
  readonly from: string | null;
}

/** Gets nats-server for this user unless it is there, and says where it is. */
export async function natsInstallCommand({ yes, from }: NatsInstallOptions, terminal: Terminal): Promise<number> {
  const there = from === null ? await findNatsServer(process.env) : null;
  if (there !== null) {
    terminal.out(`nats-server ${there.version} is there already: ${there.path} (${there.from})`);
    return exitCode.done;
  }
  const ways: readonly InstallWay[] = from === null ? await installWays(process.env) : [{ kind: 'file', path: from }];
  // An archive that a person names needs no second yes.
  if (!yes && from === null && ways.length > 0 && !(await agreed(ways))) {
    terminal.say('Nothing was installed.');
    return exitCode.failed;
  }
  terminal.status('installing nats-server');
  const { version, path } = await installNatsServer(ways, process.env);
  terminal.status('');
  terminal.out(`nats-server ${version} is installed: ${path}`);
  return exitCode.done;
}

async function agreed(ways: readonly InstallWay[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(
      'weir nats install asks before it gets anything, and nobody is here to answer.',
      'Say yes beforehand: weir nats install --yes.',
    );
  }
  const steps = ways.map((way) => describeWay(way, process.env)).join(';\n  if that fails, ');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`weir will ${steps}.\nGo on? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
