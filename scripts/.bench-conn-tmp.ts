import { writeFileSync, statSync, mkdtempSync, rmSync } from 'node:fs';
import { DrivenReader, discover } from '/work/main/specs/engine/connectors/read-source.js';
import { SinkAttempt } from '/work/main/specs/engine/connectors/drive-sink.js';
import { fileSource, csv, fileSink, jsonLines } from '/work/main/src/connectors/file/index.js';
import { generatorSource } from '/work/main/src/connectors/generator/index.js';
const dir = mkdtempSync('/tmp/bc-');
const flights = JSON.parse((await import('node:fs')).readFileSync('/work/main/node_modules/vega-datasets/data/flights-20k.json','utf8'));
let text=''; for (let r=0;r<40;r++) for (const f of flights) text += JSON.stringify(f)+'\n';
writeFileSync(dir+'/a.jsonl', text);
writeFileSync(dir+'/a.json', '['+text.trim().replaceAll('\n',',')+']');
let c='date,delay,distance,origin,destination\n'; for (let r=0;r<40;r++) for (const f of flights) c += `${f.date},${f.delay},${f.distance},${f.origin},"${f.destination}"\n`;
writeFileSync(dir+'/a.csv', c);
async function run(name, source, bytes) {
  const d = new DrivenReader(source); let n=0;
  d.reader.addSplits(await discover(source)); d.reader.noMoreSplits();
  const s=performance.now();
  for(;;){ const p=d.reader.poll(1024); if (p==='finished') break; if (p==='idle'){ await new Promise(r=>setImmediate(r)); continue;} n+=p.values.length; }
  const ms=performance.now()-s; console.log(name, n, 'records', (n/ms/1000).toFixed(2),'M/s', (bytes/ms/1000).toFixed(0),'MB/s');
}
for (let k=0;k<2;k++){
await run('lines', fileSource({path:dir+'/a.jsonl',format:'lines'}), text.length);
await run('jsonLines', fileSource({path:dir+'/a.jsonl',format:'jsonLines'}), text.length);
await run('jsonLines+pos', fileSource({path:dir+'/a.jsonl',format:'jsonLines',withPosition:true}), text.length);
await run('jsonArray', fileSource({path:dir+'/a.json',format:'jsonArray'}), text.length);
await run('csv', fileSource({path:dir+'/a.csv',format:csv({cast:{delay:Number,distance:Number}})}), c.length);
await run('gen p1', generatorSource({count:5_000_000,generate:(i)=>i}), 0);
await run('gen p1 1 lane', generatorSource({count:5_000_000,splits:1,generate:(i)=>i}), 0);
}
const sink=fileSink({folder:dir+'/out',format:jsonLines()});
const a=new SinkAttempt(sink,{round:1}); await a.open();
const s=performance.now(); let n=0;
for (let r=0;r<40;r++) for (const f of flights){ a.write(f); n++; if(!a.operator.ready()) while(!a.operator.ready()) await new Promise(x=>setImmediate(x)); }
await a.snapshot(); await a.complete();
const ms=performance.now()-s; console.log('sink', (n/ms/1000).toFixed(2),'M/s',(text.length/ms/1000).toFixed(0),'MB/s');
rmSync(dir,{recursive:true});
