import {
  defineJob,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ValueState,
  valueState,
} from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

const textBytes = 1_024;

interface Kept {
  readonly times: number;
  readonly text: string;
}

/**
 * Keeps a kibibyte for each of --keys keys, and then comes back to one in ten of them.
 *
 * --interval  milliseconds between checkpoints
 */
export default defineJob('large-state', (env) => {
  const keys = Number(env.param('keys'));
  env.setStateBackend('disk').enableCheckpointing({ intervalMs: Number(env.param('interval', '5000')) });
  env
    .fromSource(
      generatorSource({
        count: Math.floor(keys * 1.1),
        splits: 1,
        generate: (index) => (index < keys ? index : (index - keys) * 10),
      }),
      {
        uid: 'keys',
      },
    )
    .keyBy((key) => key)
    .process(new Keep(keys))
    .uid('kept')
    .print();
});

/** What compresses badly, and is another for each key. */
function textOf(key: number): string {
  let text = '';
  for (let state = key + 1; text.length < textBytes; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, textBytes);
}

class Keep implements KeyedProcessFunction<number, number, string> {
  private kept!: ValueState<Kept>;

  constructor(private readonly keys: number) {}

  open({ state }: KeyedInstance): void {
    this.kept = state(valueState<Kept>('kept'));
  }

  processElement(key: number, context: KeyedProcessContext<number, string>): void {
    const before = this.kept.value();
    if (before !== undefined && before.text !== textOf(key)) throw new Error(`key ${key} holds another text`);
    this.kept.update({ times: (before?.times ?? 0) + 1, text: before?.text ?? textOf(key) });
    if (before !== undefined && key === Math.floor(this.keys / 20) * 10)
      context.emit('halfway through the second round');
  }
}
