import {
  defineJob,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ValueState,
  valueState,
} from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

/** What is kept of a key. */
interface Kept {
  readonly changes: number;
  readonly text: string;
}

const poolLength = 4_194_304;
const textLength = 4_096;
const lineEveryRecords = 16_384;

/** Text without a pattern, so that no store makes it smaller. */
function textPool(): string {
  const parts: string[] = [];
  let x = 2_463_534_242;
  for (let length = 0; length < poolLength; length += 8) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    parts.push((x >>> 0).toString(36).padStart(8, 'z').slice(-8));
  }
  return parts.join('');
}

class Keep implements KeyedProcessFunction<number, number, string> {
  private kept!: ValueState<Kept>;
  private pool = '';
  private records = 0;

  open({ state }: KeyedInstance): void {
    this.kept = state(valueState<Kept>('kept'));
    this.pool = textPool();
  }

  processElement(index: number, { currentKey, emit }: KeyedProcessContext<number, string>): void {
    const changes = (this.kept.value()?.changes ?? 0) + 1;
    const at = ((currentKey * 7_919 + changes) * 104_729) % (poolLength - textLength);
    this.kept.update({ changes, text: this.pool.slice(at, at + textLength) });
    this.records += 1;
    if (this.records % lineEveryRecords === 0) emit(JSON.stringify({ index, records: this.records }));
  }
}

/**
 * Keeps 4 KB for each of --keys keys, in the order of the keys, and then changes --changes of them in an order without a pattern. Says now and then how far it is.
 */
export default defineJob('large-state', (env) => {
  env.enableCheckpointing({ intervalMs: 10_000 });
  env.setStateBackend('disk');
  const keys = Number(env.param('keys'));
  const changes = Number(env.param('changes'));
  env
    .fromSource(generatorSource<number>({ count: keys + changes, splits: 1, generate: (index) => index }), {
      uid: 'numbers',
    })
    .keyBy((index) => (index < keys ? index : (index * 7_919 + (index >> 3) * 104_729) % keys))
    .process(new Keep())
    .uid('kept')
    .print();
});
