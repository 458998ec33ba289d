import { defineJob } from 'weirflow';

/** Counts words as they come. Run it with: weir run examples/word-count.ts */
export default defineJob('word-count', (env) => {
  env
    .fromCollection(['to be or not to be', 'that is the question'], { uid: 'lines' })
    .flatMap((line) => line.split(' '))
    .map((word) => ({ word, count: 1 }))
    .keyBy(({ word }) => word)
    .reduce((a, b) => ({ word: a.word, count: a.count + b.count }))
    .uid('counts')
    .map(({ word, count }) => `${word} ${count}`)
    .print();
});
