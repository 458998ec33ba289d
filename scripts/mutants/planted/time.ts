import type { Mutant } from '../mutant.js';

/** Defects of event time, timers, broadcast state, joins in time, and asynchronous calls. */
export const timeMutants: readonly Mutant[] = [
  {
    name: 'watermark-one-too-far',
    file: 'src/time/watermark-generator.ts',
    find: 'output.watermark(this.greatest - this.boundMs - 1);',
    replace: 'output.watermark(this.greatest - this.boundMs);',
    race: null,
    harm: 'A record as late as the bound allows is at the watermark, and so comes after what was due at its time.',
  },
  {
    name: 'valve-takes-the-greatest',
    file: 'src/task/gate/valve.ts',
    find: "if (status === 'active') least = Math.min(least, this.watermarks[channel] as number);",
    replace: `const of = this.watermarks[channel] as number;
      if (status === 'active') least = least === Number.POSITIVE_INFINITY ? of : Math.max(least, of);`,
    race: 22,
    harm: 'Event time is that of the channel that is furthest, and what others still bring is late.',
  },
  {
    name: 'silent-channel-passed-over',
    file: 'src/task/gate/valve.ts',
    find: "if (status === 'active') least = Math.min(least, this.watermarks[channel] as number);",
    replace:
      "if (status === 'active' && this.watermarks[channel] !== unknownWatermark) least = Math.min(least, this.watermarks[channel] as number);",
    race: 22,
    harm: 'A channel that has not said yet how far it is holds nothing back, as after each restore.',
  },
  {
    name: 'finished-channel-ends-time',
    file: 'src/task/gate/valve.ts',
    find: "if (statuses.every((status) => status === 'finished')) return",
    replace: "if (statuses.some((status) => status === 'finished')) return",
    race: 22,
    harm: 'The first channel that finishes takes event time to its end, while others still bring records.',
  },
  {
    name: 'second-input-without-event-time',
    file: 'src/task/gate/two-inputs.ts',
    find: 'this.raise(Math.min(...active.map(({ valve }) => valve.watermark)));',
    replace: 'this.raise((active[0] as Input).valve.watermark);',
    race: null,
    harm: 'Timers fire by the watermarks of the first input, and what the second still brings is late.',
  },
  {
    name: 'finished-input-is-maximal',
    file: 'src/task/gate/two-inputs.ts',
    find: 'else if (this.inputs.every(',
    replace: 'if (this.inputs.some(',
    race: null,
    harm: 'An input that has finished counts as the end of event time before the other has finished too.',
  },
  {
    name: 'restored-timers-sleep',
    file: 'src/state/heap/heap-timers.ts',
    find: 'for (const { time, namespace } of timers?.list ?? []) this.wait(timers as KeyTimers, time, namespace);',
    replace: '',
    race: 21,
    harm: 'Timers of a snapshot are known and wait for nothing: they never fire, and cannot be set again.',
  },
  {
    name: 'fired-timer-in-snapshot',
    file: 'src/state/heap/heap-timers.ts',
    find: 'this.drop(owner, time, namespace);',
    replace: '',
    race: null,
    harm: 'A timer that has fired stays in the state of its key, and fires again after a restore.',
  },
  {
    name: 'deleted-timer-stays',
    file: 'src/state/heap/heap-timers.ts',
    find: 'if (timers === undefined || !timers.has(time, namespace)) return;',
    replace: 'return;',
    race: 21,
    harm: 'A timer that was taken back fires all the same.',
  },
  {
    name: 'removal-not-in-delta',
    file: 'src/state/heap/heap-timers.ts',
    find: `    this.cursor.changing(this.slot);
    timers.drop(time, namespace);`,
    replace: '    timers.drop(time, namespace);',
    race: 21,
    harm: 'A timer that is gone marks nothing as changed: the delta leaves that out, and a restore brings the timer back.',
  },
  {
    name: 'restored-watermark-forgotten',
    file: 'src/operators/windowing.ts',
    find: `    if (items.length > 0) this.timers.watermark = Math.min(...items.map(({ watermark }) => watermark ?? noTimestamp));
  }

  /** Of the current key: after a change of parallelism its state may be ahead of this subtask. */
  currentWatermark(): number {
    return Math.max(this.timers.watermark, this.keyed.watermarkFloor());`,
    replace: `  }

  /** Of the current key: after a change of parallelism its state may be ahead of this subtask. */
  currentWatermark(): number {
    return this.timers.watermark;`,
    race: 21,
    harm: 'A restored window operator does not know how far event time was: what had been late makes windows come again.',
  },
  {
    name: 'timer-set-twice',
    file: 'src/state/heap/heap-timers.ts',
    find: 'if (timers.has(time, namespace)) return;',
    replace: '',
    race: null,
    harm: 'Setting a timer that is set already makes it fire once more.',
  },
  {
    name: 'timers-out-of-order',
    file: 'src/state/heap/time-heap.ts',
    find: 'right < heap.length && (heap[right] as number) < (heap[left] as number) ? right : left;',
    replace: 'left;',
    race: null,
    harm: 'Timers that one watermark makes due fire in no order.',
  },
  {
    name: 'timer-before-its-time',
    file: 'src/operators/timer-service.ts',
    find: 'this.fireAll(this.eventTime, this.watermark, true)',
    replace: 'this.fireAll(this.eventTime, this.watermark + 1, true)',
    race: null,
    harm: 'A timer fires when records of its own time may still come.',
  },
  {
    name: 'timer-of-another-key',
    file: 'src/state/heap/cursor.ts',
    find: `    this.key = key;
    this.group = group;
    this.entry = entry;
  }`,
    replace: `    this.key ??= key;
    this.group = group;
    this.entry = entry;
  }`,
    race: null,
    harm: 'A timer fires with the key of whichever record or timer came before it.',
  },
  {
    name: 'watermark-before-its-timers',
    file: 'src/operators/timer-service.ts',
    find: 'if (!this.resume()) this.context.hold();',
    replace: `this.watermarkOut = this.watermark;
    this.context.output.watermark(this.watermark);
    if (!this.resume()) this.context.hold();`,
    race: null,
    harm: 'A watermark goes on before what it makes due has come out, which is then late behind it.',
  },
  {
    name: 'broadcast-not-in-snapshot',
    file: 'src/operators/keyed-broadcast-process.ts',
    find: 'return this.states.snapshot();',
    replace: 'return [];',
    race: null,
    harm: 'What was broadcast before a checkpoint is forgotten by its restore.',
  },
  {
    name: 'broadcast-restored-from-nothing',
    file: 'src/operators/keyed-broadcast-process.ts',
    find: 'new BroadcastStates(context.uid, this.descriptors, restored.items)',
    replace: 'new BroadcastStates(context.uid, this.descriptors, [])',
    race: null,
    harm: 'Broadcast state is in the snapshot, and nobody reads it.',
  },
  {
    name: 'broadcast-in-one-subtask',
    file: 'src/operators/keyed-broadcast-process.ts',
    find: 'this.states.written(',
    replace: 'if (this.context.subtaskIndex === 0) this.states.written(',
    race: null,
    harm: 'Only one subtask knows what was broadcast.',
  },
  {
    name: 'join-forgets-the-key',
    file: 'src/operators/interval-join.ts',
    find: 'this.left.remove(time - 1 - upperMs);',
    replace: 'this.left.clear();',
    race: null,
    harm: 'When one record has no pair to come any more, all of its side and key go, and pairs are missing.',
  },
  {
    name: 'join-bound-exclusive',
    file: 'src/operators/interval-join.ts',
    find: '(isUpperExclusive ? distance < upperMs : distance <= upperMs)',
    replace: 'distance < upperMs',
    race: null,
    harm: 'Records that are just as far apart as the bound are no pair.',
  },
  {
    name: 'join-waits-for-no-one',
    file: 'src/operators/interval-join.ts',
    find: 'this.keep(this.right, value, timestamp - interval.lowerMs, context);',
    replace: 'this.keep(this.right, value, timestamp - interval.upperMs, context);',
    race: null,
    harm: 'A record of the right side is kept as if the other bound were its own: pairs are missing.',
  },
  {
    name: 'calls-not-in-snapshot',
    file: 'src/operators/async-wait.ts',
    find: 'return [...calls, ...this.restored];',
    replace: 'return [...this.restored];',
    race: 18,
    harm: 'A record whose answer has not come is in no snapshot, and lost when it is restored.',
  },
  {
    name: 'answers-not-in-snapshot',
    file: 'src/operators/async-results.ts',
    find: `      yield* done;
      yield* open;`,
    replace: '      yield* open;',
    race: null,
    harm: 'A record whose answer waits behind a watermark is in no snapshot, and lost when it is restored.',
  },
  {
    name: 'watermark-overtakes-calls',
    file: 'src/operators/async-wait.ts',
    find: 'this.results.watermark(timestamp);',
    replace: 'this.context.output.watermark(timestamp);',
    race: null,
    harm: 'A watermark passes records whose answers have not come, which are then late behind it.',
  },
  {
    name: 'answer-leaves-its-stretch',
    file: 'src/operators/async-results.ts',
    find: 'return done.length > 0 || (open.size === 0 && watermark !== null);',
    replace: 'return done.length > 0 || watermark !== null;',
    race: null,
    harm: 'Unordered results wait for no watermark: the queue says that there is a next one when there is none.',
  },
  {
    name: 'calls-not-awaited',
    file: 'src/operators/async-wait.ts',
    find: "return this.underWay.size === 0 ? 'done' : 'pending';",
    replace: "return 'done';",
    race: null,
    harm: 'A task ends at the end of its input, and answers that come later reach nobody.',
  },
];
