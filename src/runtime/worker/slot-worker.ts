// The thread of one slot for one job run. The main thread starts this file with a SlotConfiguration.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../../actors/kernel/invariant.js';
import type { BlobStore } from '../../ports/blob-store.js';
import { FileBlobStore } from '../../storage/file/file-blob-store.js';
import { LevelEngine } from '../../storage/level/level-engine.js';
import { createTaskHost } from '../../task/task-host.js';
import { bundledCode } from '../code/code-stores.js';
import type { EngineModules } from '../code/engine-modules.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { nodeFiles } from '../world/files.js';
import { nodeLoops } from '../world/loops.js';
import { nodeOffload } from '../world/offload.js';
import { Outbox } from './outbox.js';
import { OutputWindow } from './output-window.js';
import { PortBlobStore } from './port-blob-store.js';
import { openRemoteLinks } from './remote-links.js';
import type { SlotConfiguration, StoreConfig } from './slot-configuration.js';
import { tellConsole } from './slot-console.js';
import type { ToSlot } from './slot-messages.js';
import { ThreadLinks } from './thread-links.js';

const countEveryMs = 1_000;

/** Until everything is open, what the main thread says waits in the port. */
async function runSlot(configuration: SlotConfiguration, main: MessagePort): Promise<void> {
  const { process, incarnation, options, bundle } = configuration;
  const { engineModules } = (await import(configuration.engine)) as { readonly engineModules: EngineModules };
  const outbox = new Outbox(main, new OutputWindow(configuration.outputTaken));
  const remote = await openRemoteLinks(configuration, ({ code, message }) => {
    const { run } = configuration;
    const detail = { slot: configuration.slot, code, message };
    const atMs = nodeClock.monotonicMs();
    outbox.post({
      kind: 'traced',
      trace: { kind: 'task', atMs, process, subtask: '', run, what: 'links.trouble', detail },
    });
  });
  const links = new ThreadLinks((to, port) => outbox.post({ kind: 'link', to, port }, port), remote);
  const mainStore = new PortBlobStore((call, request, ...bytes) =>
    outbox.post({ kind: 'store', call, request }, ...bytes),
  );
  const host = createTaskHost({
    process,
    incarnation,
    clock: nodeClock,
    loops: nodeLoops,
    links,
    blobs: openStore(configuration.store, mainStore),
    files: nodeFiles,
    offload: nodeOffload,
    stores: new LevelEngine({ folder: configuration.state.folder, entropy: nodeEntropy }),
    client: outbox,
    code: bundledCode(bundle, engineModules),
    telemetry: { trace: () => undefined, task: (trace) => outbox.post({ kind: 'traced', trace }) },
    notify: (actor, message) => outbox.post({ kind: 'notify', actor, message }),
    options,
  });
  if (configuration.tellsConsole) {
    tellConsole((level, text) => outbox.console({ level, text, subtask: host.atWork() }), nodeClock);
  }
  let countTimer = nodeClock.setTimer(countEveryMs, count);

  main.on('message', (message: ToSlot) => {
    switch (message.kind) {
      case 'perform':
        host.perform(message.effect);
        if (message.effect.kind === 'slot.unload') end();
        return;
      case 'linked':
        return links.accept(message.to, message.port);
      case 'storeAnswered':
        return mainStore.answered(message.call, message.result);
    }
  });

  function count(): void {
    outbox.post({ kind: 'counted', subtasks: host.counts() });
    countTimer = nodeClock.setTimer(countEveryMs, count);
  }

  /** Nothing is left to say or to hear: the thread ends when what it has under way, such as writes to files, is done. */
  function end(): void {
    countTimer.cancel();
    outbox.flush();
    links.close();
    main.close();
  }
}

function openStore(config: StoreConfig, mainStore: BlobStore): BlobStore {
  return config.kind === 'port' ? mainStore : new FileBlobStore({ folder: config.folder, entropy: nodeEntropy });
}

process.setSourceMapsEnabled(true);
invariant(parentPort !== null, 'a slot worker is started as a worker thread', {});
await runSlot(workerData as SlotConfiguration, parentPort);
