import { describe, expect, it } from 'vitest';
import { noFaults } from '../../../src/simulation/choices.js';
import { ToyWorld } from './toy.js';

const lossy = { ...noFaults, messageLost: 1 };
const doubling = { ...noFaults, messageTwice: 1 };
const asked = 'message:a>b:ask.pong.count';
const answered = 'message:b>a:answer.pong.answered';

describe('asking: one mechanism, until answered', () => {
  it('a question is answered once', () => {
    const toy = new ToyWorld();
    toy.pong();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(200);
    expect(toy.context()).toMatchObject({ answers: [1], expired: 0 });
  });

  it('questions and answers that are lost: the same question is sent again', () => {
    const toy = new ToyWorld({ [`${asked}#1`]: 1, [`${asked}#2`]: 1, [`${answered}#1`]: 1 }, lossy);
    toy.pong();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(200);
    // Two questions lost, the answer to the third as well, so the pong was asked twice and the second answer counts.
    expect(toy.context().answers).toEqual([2]);
  });

  it('an answer that comes twice is delivered once; the other is traced', () => {
    const toy = new ToyWorld({ [`${answered}#1`]: 1 }, doubling);
    toy.pong();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(500);
    expect(toy.context().answers).toEqual([1]);
    expect(toy.dropped()).toEqual(['pong.answered: the question is answered or taken back']);
  });

  it('what comes too early is refused, and the asking goes on until it is not', () => {
    const toy = new ToyWorld();
    const b = toy.pong(false);
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(35);
    expect(toy.context().answers).toEqual([]);
    b.tell('pong', { type: 'pong.ready' });
    toy.runFor(20);
    expect(toy.context().answers).toEqual([1]);
  });

  it('the deadline: the actor is told, and nothing is sent afterwards', () => {
    const toy = new ToyWorld();
    toy.pong(false);
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(1_000);
    expect(toy.context().expired).toBe(1);
    const asks = toy.traces.filter(({ message }) => message.type === 'pong.count');
    expect(asks).toHaveLength(10);
  });

  it('nobody listens: the actor is told at every repetition, and the asking goes on', () => {
    const toy = new ToyWorld();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(25);
    expect(toy.context().unreachable).toBe(3);
    toy.pong();
    toy.runFor(15);
    expect(toy.context().answers).toEqual([1]);
  });

  it('no such actor is an answer of the process and ends the asking', () => {
    const toy = new ToyWorld();
    toy.host('b', 'b.1', null);
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(200);
    expect(toy.context()).toMatchObject({ absent: 1, expired: 0, unreachable: 0 });
  });

  it('leaving the state takes the question back: its late answer is dropped', () => {
    const toy = new ToyWorld({ [`${answered}#1`]: 1 }, { ...noFaults, messageDelayed: 1 });
    toy.pong();
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(5);
    toy.a.tell('ping', { type: 'ping.leave' });
    toy.runFor(500);
    expect(toy.context().answers).toHaveLength(1);
  });

  it('the end of an actor ends its questions', () => {
    const toy = new ToyWorld();
    toy.pong(false);
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(15);
    toy.a.stopActor('ping');
    const before = toy.traces.length;
    toy.runFor(200);
    expect(toy.traces.slice(before).filter(({ process }) => process === 'b')).toEqual([]);
  });
});
