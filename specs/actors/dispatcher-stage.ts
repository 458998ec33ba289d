import type { DispatcherContext } from '../../actors/dispatcher/machine.js';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import type { DispatcherAnswer, DispatcherMessage } from '../../actors/dispatcher/messages.js';
import type { Effect } from '../../actors/kernel/effect.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { failure } from '../../actors/protocol/failure.js';
import type { JobRecord, JobResult } from '../../actors/protocol/job-graph.js';
import { Driver } from './driver.js';
import { graphWith, recordOf } from './job-master-stage.js';

export const job = (id: string, graph = graphWith()): JobRecord => ({ ...recordOf(graph), job: id });
export const ended = (id: string, outcome: JobResult['outcome'] = 'finished'): JobResult => ({
  format: 1,
  job: id,
  outcome,
  failure: null,
});
export const trouble = failure('STORE_FAILED', 'infrastructure', 'EIO');
export const damage = failure('RECORD_DAMAGED', 'infrastructure', 'bad checksum', 'never');
type StoreEffect = Extract<Effect, { kind: 'record.create' | 'record.read' | 'record.list' }>;

/** A dispatcher and the store; the answers to clients come out of `asks`. */
export class Stage {
  readonly kept = new Map<string, unknown>();
  readonly driver: Driver;
  readonly answers: { readonly id: string; readonly message: DispatcherAnswer }[] = [];
  readonly history: Effect[] = [];
  private pending: StoreEffect[] = [];

  constructor(kept: Readonly<Record<string, unknown>> = {}) {
    for (const [key, record] of Object.entries(kept)) this.kept.set(key, record);
    const input = { epoch: 7, process: 'jm', incarnation: 'jm-1', options: defaultClusterOptions };
    this.driver = new Driver(dispatcherActor, input);
    this.absorb();
  }

  get context(): DispatcherContext {
    return this.driver.context as DispatcherContext;
  }
  get at(): string {
    return this.driver.value;
  }
  tell(message: DispatcherMessage): Verdict {
    const verdict = this.driver.tell(message);
    this.absorb();
    return verdict;
  }
  submit(record: JobRecord, id = 'submission'): Verdict {
    return this.ask({ type: 'dispatcher.submitJob', record }, id);
  }
  cancel(id: string): Verdict {
    return this.ask({ type: 'dispatcher.cancelJob', job: id }, 'cancel');
  }
  private ask(message: DispatcherMessage, id: string): Verdict {
    const answered = this.driver.ask(message, id);
    this.absorb();
    return 'kind' in answered ? (answered as Verdict) : { kind: 'taken' };
  }
  /** Answers of the last question with that id. */
  answered(id = 'submission'): DispatcherAnswer | undefined {
    return this.answers.filter((answer) => answer.id === id).at(-1)?.message;
  }
  get waits(): readonly string[] {
    return this.pending.map((effect) => ('key' in effect ? effect.key : effect.prefix));
  }
  /** The store says this to the request that has waited longest, or to the one for `key`. */
  says(type: string, more: object = {}, key?: string): this {
    const index = key === undefined ? 0 : this.waits.indexOf(key);
    const [effect] = this.pending.splice(index, 1);
    this.tell({ type, request: effect?.request, ...more } as DispatcherMessage);
    return this;
  }
  elapse(timer: string): this {
    this.driver.fire(timer);
    this.absorb();
    return this;
  }
  /** The store answers one request. */
  stores(): this {
    const [effect] = this.pending;
    if (effect?.kind === 'record.list') return this.says('record.listed', { keys: [...this.kept.keys()] });
    const before = this.kept.get(effect?.key ?? '');
    if (effect?.kind === 'record.create' && before === undefined) {
      this.kept.set(effect.key, effect.record);
      return this.says('record.created');
    }
    if (before === undefined) return this.says('record.missing');
    if (before === damage) return this.says('record.failed', { failure: damage });
    return this.says(effect?.kind === 'record.create' ? 'record.exists' : 'record.read', { record: before });
  }
  storesAll(): this {
    while (this.pending.length > 0) this.stores();
    return this;
  }
  get started(): readonly string[] {
    return this.history.flatMap((effect) => (effect.kind === 'actor.start' ? [effect.actor] : []));
  }
  private absorb(): void {
    for (const effect of this.driver.take()) {
      this.history.push(effect);
      if (effect.kind === 'answer')
        this.answers.push({ id: effect.ask.id, message: effect.message as DispatcherAnswer });
      if (effect.kind === 'record.create' || effect.kind === 'record.read' || effect.kind === 'record.list')
        this.pending.push(effect);
    }
  }
}

export const serving = (kept: Readonly<Record<string, unknown>> = {}): Stage => new Stage(kept).storesAll();
