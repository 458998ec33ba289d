import { describe, expect, it } from 'vitest';
import { logText, parseLogLine } from '../../../src/runtime/log/log-line.js';
import { LogRing } from '../../../src/runtime/log/log-ring.js';
import { decodeLines, decodeRequest, encodeLines, encodeRequest } from '../../../src/runtime/log/log-wire.js';
import { ProcessLog } from '../../../src/runtime/log/process-log.js';

function logAt(level: 'debug' | 'warn'): { readonly log: ProcessLog; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: new ProcessLog({ level, cluster: 'c', process: 'tm-1', write: (line) => lines.push(line) }), lines };
}

describe('log of a process', () => {
  it('a line is one JSON object with what it is about', () => {
    const { log, lines } = logAt('debug');
    log.identify({ incarnation: 'life' });
    log.identify({ epoch: 3 });
    log.error('it\nfailed', {
      job: 'a',
      run: '3.1',
      vertex: 'count',
      subtask: 0,
      attempt: '3.1',
      code: 'X',
      stack: '',
    });
    expect(lines).toHaveLength(1);
    const { time, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(Date.parse(String(time))).not.toBeNaN();
    expect(line).toEqual({
      level: 'error',
      cluster: 'c',
      process: 'tm-1',
      incarnation: 'life',
      epoch: 3,
      job: 'a',
      run: '3.1',
      vertex: 'count',
      subtask: 0,
      attempt: '3.1',
      code: 'X',
      msg: 'it\nfailed',
    });
  });

  it('says nothing below its level, and cuts what is very long', () => {
    const { log, lines } = logAt('warn');
    log.info('quiet');
    expect([lines.length, log.says('info'), log.says('warn')]).toEqual([0, false, true]);
    log.warn('x'.repeat(100_000));
    expect(lines[0]?.length).toBeLessThan(9_000);
  });

  it('keeps the last thousand lines, and fewer of long ones', () => {
    const ring = new LogRing();
    for (let index = 1; index <= 1_500; index += 1) ring.push(`line ${index}`);
    expect(ring.after(0).map(({ seq }) => seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 501));
    expect(ring.after(1_499)).toEqual([{ seq: 1_500, text: 'line 1500' }]);
    for (let index = 0; index < 40; index += 1) ring.push('x'.repeat(8_192));
    expect(ring.after(0)).toHaveLength(16);
  });

  it('as text: whose console it was, and the frames of a stack below', () => {
    const line = { level: 'info', time: 't', cluster: 'c', process: 'tm-1', msg: 'hello' } as const;
    expect(logText(line)).toBe('hello');
    expect(logText({ ...line, console: true, job: 'a', vertex: 'count', subtask: 2 })).toBe('[a count#2] hello');
    expect(logText({ ...line, console: true, job: 'a', slot: 1 })).toBe('[a slot 1] hello');
    expect(logText({ ...line, stack: 'Error: hello\n    at f (job.ts:1:2)' })).toBe('hello\n    at f (job.ts:1:2)');
  });

  it('what comes over the wire is what was sent, and anything else is nothing', () => {
    const request = { known: { life: 4 }, leaseMs: 100 };
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
    const lines = { process: 'tm-1', life: 'l', lines: [{ seq: 9, text: '{"msg":"a b"}' }] };
    expect(decodeLines(encodeLines(lines))).toEqual(lines);
    expect(decodeLines(encodeLines({ ...lines, lines: [] }))).toEqual({ ...lines, lines: [] });
    for (const text of ['', 'null', '[]', '{', '{"process":1}']) {
      const bytes = new TextEncoder().encode(text);
      expect([decodeRequest(bytes), decodeLines(bytes)]).toEqual([null, null]);
    }
    for (const text of ['', 'null', '7', '{"msg":"x"}', '{"msg":1,"time":"t","process":"p","level":"info"}'])
      expect(parseLogLine(text)).toBeNull();
  });
});
