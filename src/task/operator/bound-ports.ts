import type { ClientOutput } from '../../ports/client-output.js';
import type { Clock } from '../../ports/clock.js';
import type { Files } from '../../ports/files.js';
import type { Offload } from '../../ports/offload.js';
import type { Mailbox } from './mailbox.js';

/** The ports as one operator of one attempt has them: every answer goes through its mailbox, and none comes after its end. */
export interface BoundPorts {
  readonly clock: Clock;
  readonly files: Files;
  readonly offload: Offload;
  readonly client: ClientOutput;
}

export function boundPorts({ clock, files, offload, client }: BoundPorts, mailbox: Mailbox): BoundPorts {
  return {
    clock: boundClock(clock, mailbox),
    files: boundFiles(files, mailbox),
    offload: boundOffload(offload, mailbox),
    client,
  };
}

function boundClock(clock: Clock, mailbox: Mailbox): Clock {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs, fire) => {
      let canceled = false;
      const timer = clock.setTimer(delayMs, () => {
        forget();
        // It may be canceled while it waits in the mailbox.
        mailbox.post(() => {
          if (!canceled) fire();
        });
      });
      const forget = mailbox.expect(() => timer.cancel());
      return {
        cancel: () => {
          canceled = true;
          forget();
          timer.cancel();
        },
      };
    },
  };
}

function boundFiles(files: Files, mailbox: Mailbox): Files {
  const bound =
    <R>(done: (result: R) => void) =>
    (result: R): void =>
      mailbox.post(() => done(result));
  return {
    size: (path, done) => files.size(path, bound(done)),
    list: (folder, done) => files.list(folder, bound(done)),
    read: (path, offset, length, done) => files.read(path, offset, length, bound(done)),
    makeFolder: (folder, done) => files.makeFolder(folder, bound(done)),
    create: (path, bytes, done) => files.create(path, bytes, bound(done)),
    append: (path, bytes, done) => files.append(path, bytes, bound(done)),
    sync: (path, done) => files.sync(path, bound(done)),
    rename: (from, to, done) => files.rename(from, to, bound(done)),
    remove: (path, done) => files.remove(path, bound(done)),
  };
}

function boundOffload(offload: Offload, mailbox: Mailbox): Offload {
  return { run: (label, work, done) => offload.run(label, work, (result) => mailbox.post(() => done(result))) };
}
