import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Address } from '../../actors/protocol/ids.js';
import { type Envelope, EnvelopeWriter } from '../../src/runtime/host/envelope.js';
import { folderWith, repository, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

const noise = 64;

/** Somebody who may publish in the cluster and is no process of it. */
class Stranger {
  private constructor(
    private readonly connection: NatsConnection,
    private readonly incarnations: ReadonlyMap<string, string>,
  ) {}

  /** Knows as much as `weir status` tells everybody. */
  static async of(stage: ClusterStage): Promise<Stranger> {
    const connection = await connect({ servers: stage.server.url });
    onTestFinished(() => connection.close());
    const status = JSON.parse((await stage.weir('status', '-o', 'json')).stdout) as {
      readonly taskManagers: readonly { readonly process: string; readonly incarnation: string }[];
    };
    const lives = status.taskManagers.map(({ process, incarnation }) => [process, incarnation] as const);
    return new Stranger(connection, new Map(lives));
  }

  bytes(to: string, bytes: Uint8Array): void {
    this.connection.publish(`weir.default.ctl.${to}.stranger`, bytes);
  }

  frame(to: string, bytes: Uint8Array): void {
    this.connection.publish(`weir.default.data.${to}.${this.incarnations.get(to)}.0`, bytes);
  }

  says(to: string, actor: string, message: object, more: Partial<Envelope> = {}): void {
    const from: Address = { process: 'a.stranger >', incarnation: 'x', actor: 'x' };
    const address: Address = { process: to, incarnation: this.incarnations.get(to) ?? '*', actor };
    const envelope: Envelope = {
      to: address,
      from,
      epoch: null,
      kind: 'send',
      ask: '',
      message: message as AnyMessage,
      ...more,
    };
    this.bytes(to, new EnvelopeWriter().encode(envelope));
  }

  /** Settles when the server has all of it. */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  incarnation(process: string): string {
    return this.incarnations.get(process) ?? '';
  }
}

/** What no process of the cluster says, each of which would do harm to somebody who believed it. */
function* lies(stranger: Stranger): Generator<readonly [to: string, actor: string, message: object]> {
  const tm1 = { process: 'tm-1', incarnation: stranger.incarnation('tm-1') };
  const slot = { ...tm1, slot: 0 };
  const vertex = { id: 'v', name: 'v', parallelism: 1e9, maxParallelism: 1e9, operators: [null] };
  const graph = { name: 'x', vertices: [vertex], edges: [{}], options: {} };
  yield ['jm', 'resource-manager', { type: 'resourceManager.register', process: 'tm-9' }];
  yield ['jm', 'resource-manager', { type: 'resourceManager.register', ...tm1, versions: null, slots: [null] }];
  yield ['jm', 'resource-manager', { type: 'heartbeat.lost', ...tm1, reason: 'missed' }];
  yield ['jm', 'resource-manager', { type: 'heartbeat.slotStuck', ...slot, allocation: {} }];
  yield ['jm', 'resource-manager', { type: 'slot.closed', slot: null, allocation: null }];
  yield ['jm', `heartbeat/tm-1@${tm1.incarnation}`, { type: 'taskManager.reported', beat: 1e9, slots: [{}] }];
  yield ['jm', `heartbeat/tm-1@${tm1.incarnation}`, { type: 'ask.absent', id: 'heartbeat/tm-1/1' }];
  yield [
    'jm',
    'dispatcher',
    { type: 'dispatcher.submitJob', record: { format: 1, job: 'x', graph, code: '', params: [] } },
  ];
  yield ['jm', 'dispatcher', { type: 'jobMaster.ended', job: 'flights', result: {} }];
  yield ['jm', 'dispatcher', { type: 'record.created', request: 'submit/flights/1' }];
  yield ['jm', 'job-master/flights', { type: 'jobMaster.cancel' }];
  yield ['jm', 'job-master/flights', { type: 'subtask.failed', run: 1_048_577, subtask: 1, failure: 'yes' }];
  yield ['jm', 'job-master/flights', { type: 'unheard.of', __proto__: null, constructor: 1 }];
  yield ['jm', 'checkpoint-coordinator/flights', { type: 'subtask.snapshotted', run: 1, checkpoint: {}, snapshot: {} }];
  yield ['jm', 'source-coordinator/flights/flights', { type: 'source.discovered', uid: 'flights', splits: [] }];
  yield ['tm-1', 'task-manager', { type: 'taskManager.drain' }];
  yield ['tm-1', 'task-manager', { type: 'resourceManager.refused', failure: 1 }];
  yield ['tm-1', 'slot/0', { type: 'slot.evict' }];
  yield ['tm-1', 'slot/0', { type: 'slot.open', allocation: {}, record: {}, graph: {}, placement: {} }];
  yield ['tm-1', 'task-manager', { type: 'xstate.after.heartbeatTimeout.task-manager.serving' }];
}

describe('cluster of processes: strangers on its subjects', () => {
  it('nobody crashes, the job goes on, and what was dropped is said without a flood', async () => {
    const stage = await ClusterStage.start('folder');
    const processes = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    const [leader, worker] = processes;
    expect(await stage.submitFlights(6_000)).toMatchObject({ code: 0 });
    await stage.committedParts(1);
    const stranger = await Stranger.of(stage);
    for (const to of ['jm', 'tm-1']) {
      for (let n = 0; n < noise; n += 1) stranger.bytes(to, randomBytes(n * 16));
      stranger.bytes(to, randomBytes(1_000_000));
      stranger.bytes(to, new Uint8Array(100_000).fill(0x91));
      stranger.bytes(to, Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff]));
      stranger.says(to, 'nobody', { type: 'anybody' }, { kind: 'ask', ask: 'there?' });
      stranger.says(to, 'nobody', { type: 'forged' }, { kind: 'answer', ask: 'heartbeat/tm-1/1' });
      stranger.says(to, 'nobody', { type: 'forged' }, { to: { process: to, incarnation: 'of old', actor: 'slot/0' } });
      stranger.says(to, 'nobody', { type: 'forged' }, { epoch: Number.NaN });
    }
    for (const [to, actor, message] of lies(stranger)) {
      stranger.says(to, actor, message);
      stranger.says(to, actor, message, { kind: 'ask', ask: 'x' });
      stranger.says(to, actor, message, { kind: 'answer', ask: 'register/tm-1/1' });
    }
    stranger.says('tm-1', 'task-manager', { type: 'taskManager.heartbeat', beat: 1 }, { epoch: 0 });
    for (let n = 0; n < noise; n += 1) {
      stranger.frame('tm-1', randomBytes(n * 64));
      stranger.frame('tm-2', new Uint8Array(48));
    }
    await stranger.flush();
    await worker.until('stderr', /dropped a damaged frame: \d+ bytes are fewer than a header has/);
    await leader.until('stderr', /job flights ended: (\w+)/);
    expect(leader.stderr).toContain('job flights ended: finished');
    expect(leader.stderr).not.toMatch(/pausing|lost|ended: canceled/);
    expect(await stage.differences()).toEqual([]);
    expect(leader.stderr).toMatch(/dropped a message: malformed: .+: see who may publish in this cluster/);
    expect(worker.stderr).toMatch(/dropped a message from "a\.stranger >" \(forged\): meant for incarnation of old/);
    for (const { stderr } of processes) expect((stderr.match(/dropped/g) ?? []).length).toBeLessThan(8);
    for (const process of processes) process.kill('SIGTERM');
    const ends = await Promise.all(processes.map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  });
});

describe('cluster of processes: another version of the package', () => {
  /** The command as another version of the package would have it: the same code, under other numbers. */
  function otherVersion(numbers: { readonly engine?: string; readonly wire?: number }): string {
    const folder = folderWith({ 'package.json': '{"type":"module"}' });
    cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    const change = (file: string, from: string, to: string): void => {
      const path = join(folder, 'dist', file);
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    };
    const engineFile = 'src/runtime/code/engine-modules.js';
    if (numbers.engine !== undefined)
      change(engineFile, "engineVersion = '0.1.0'", `engineVersion = '${numbers.engine}'`);
    if (numbers.wire !== undefined)
      change('actors/protocol/versions.js', 'wireVersion = 2', `wireVersion = ${numbers.wire}`);
    return join(folder, 'dist/src/cli/main.js');
  }

  it('is refused, with both versions named at both ends and exit code 1: task managers, a command, a job manager', async () => {
    const stage = await ClusterStage.start('folder');
    const leader = await stage.jobManager();
    const newer = stage.startTaskManager('tm-new', { program: otherVersion({ engine: '0.9.0' }) });
    const stranger = stage.startTaskManager('tm-far', { program: otherVersion({ engine: '1.0.0', wire: 3 }) });
    const [ofEngine, ofWire] = await Promise.all([newer.ended, stranger.ended]);
    expect([ofEngine.code, ofWire.code]).toEqual([1, 1]);
    expect(ofEngine.stderr).toContain(
      'error Task manager tm-new is weirflow 0.9.0 (wire version 2) and the job manager is weirflow 0.1.0 (wire version 2). ' +
        'Start it with the version of the job manager.',
    );
    expect(leader.stderr).toMatch(
      /refused: Task manager tm-new is weirflow 0\.9\.0 \(wire version 2\) and the job manager is/,
    );
    expect(ofWire.stderr).toContain(
      'error tm-far is weirflow 1.0.0 (wire version 3) and jm is weirflow 0.1.0 (wire version 2). Start both with the same version.',
    );
    expect(leader.stderr).toMatch(
      /dropped a message from "tm-far": wire version 3, and this process is weirflow 0\.1\.0/,
    );
    const { stdout } = await stage.weir('status', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ taskManagers: [], lost: [] });
    // A command is told at once, and a process finds its name taken.
    const program = otherVersion({ wire: 1 });
    const command = ['list', '--nats', stage.server.url];
    const { code, stderr } = await weir(command, stage.folder, {}, { program });
    expect(code).toBe(1);
    expect(stderr).toContain(
      "The job manager of cluster 'default' is weirflow 0.1.0 (wire version 2), and this command is",
    );
    const again = await weir(
      ['jobmanager', '--http-port', '0', '--nats', stage.server.url],
      stage.folder,
      {},
      { program },
    );
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("A process named 'jm' runs in this cluster already");
  });
});
