import type { Mutant } from '../mutant.js';

/** Defects of the host of the actors. */
export const hostMutants: readonly Mutant[] = [
  {
    name: 'old-epoch-heard',
    file: 'src/runtime/host/actor-host.ts',
    find: 'if (epoch !== null && epoch < this.newestEpoch)',
    replace: 'if (epoch !== null && epoch < 0)',
    race: 10,
    harm: 'Late commands of an earlier leader are carried out under a newer one.',
  },
  {
    name: 'stopped-timer-fires',
    file: 'src/runtime/host/actor-cell.ts',
    find: 'if (this.timers.get(id)?.generation !== generation) return false;',
    replace: 'if (generation < 0) return false;',
    race: 12,
    harm: 'A timer that was stopped while its message was queued fires in the next stay of the state.',
  },
  {
    name: 'asked-once',
    file: 'src/runtime/host/asks.ts',
    find: 'ask.repeat = this.repeatLater(request);\n      request.ask();',
    replace: '',
    race: null,
    harm: 'A question is sent once: what is lost on the way is lost for good.',
  },
  {
    name: 'unknown-is-created',
    file: 'src/runtime/host/records.ts',
    find: "if (result.outcome === 'created') done({ type: 'record.created', request });",
    replace:
      "if (result.outcome === 'created' || result.outcome === 'unknown') done({ type: 'record.created', request });",
    race: 8,
    harm: 'A log entry of unknown outcome is taken for durable, and output is committed for it.',
  },
  {
    name: 'lives-not-told-apart',
    file: 'src/runtime/process/task-manager.ts',
    find: 'this.incarnation = ports.entropy.id();',
    replace: 'this.incarnation = process;',
    race: 12,
    harm: 'Every life of a process has the same incarnation, so that a new one answers for the dead.',
  },
];
