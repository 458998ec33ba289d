import { describe, expect, it } from 'vitest';
import { eventTimesText } from '../../../src/cli/event-times-text.js';
import type { EventTimes, Watermark } from '../../../src/runtime/inspection/event-times.js';

const input = (name: string, heldBackBy: string | null, watermarkMs: Watermark, more = {}) => ({
  ...{ input: name, heldBackBy, watermarkMs, parts: 2, idle: 0, ended: 0, waiting: 0 },
  ...more,
});
const source = (subtask: string, reachedMs: Watermark, split: string, more = {}): EventTimes => ({
  subtask,
  watermarkMs: null,
  outputWatermarkMs: reachedMs,
  inputs: [input('splits', split, reachedMs, { parts: 1, ...more })],
});
const lines = (text: string): readonly string[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.replaceAll(/ {2,}/g, ' | '));

describe('info: event time of a job', () => {
  it('names for each vertex the subtask that is furthest behind, and who holds it back, down to the split', () => {
    const text = eventTimesText([
      source('fast#0', 90_000, 'a', { waiting: 1 }),
      source('slow#0', 20_000, 'b'),
      source('slow#1', 10_000, 'c'),
      {
        subtask: 'join#0',
        watermarkMs: 10_000,
        outputWatermarkMs: 10_000,
        inputs: [input('fast', 'fast#0', 90_000), input('slow', 'slow#1', 10_000, { idle: 1 })],
      },
    ]);
    expect(lines(text)).toEqual([
      'fast#0 | 1970-01-01T00:01:30.000Z | split a | 1 split: 1 waiting for other sources',
      'slow#1 | 1970-01-01T00:00:10.000Z | split c | 1 split',
      'join#0 | 1970-01-01T00:00:10.000Z | slow#1, split c | 2 of fast; 2 of slow: 1 idle',
    ]);
  });

  it('one without a watermark is furthest behind; at the end nobody holds anything back', () => {
    const text = eventTimesText([source('read#0', 5, 'a'), source('read#1', null, 'b'), source('done#0', 'end', 'c')]);
    expect(lines(text)).toEqual(['read#1 | none yet | split b | 1 split', 'done#0 | end | 1 split']);
  });

  it('is silent about jobs without event time', () => {
    expect(eventTimesText([])).toBe('');
    expect(
      eventTimesText([
        { subtask: 'sink#0', watermarkMs: null, outputWatermarkMs: null, inputs: [input('read', 'read#0', null)] },
      ]),
    ).toBe('');
  });
});
