import { describe, expect, it } from 'vitest';
import { countOf, MessageQueue } from '../../../bench/simulation/aws/message-queue.ts';
import type { QueueDefinition } from '../../../bench/simulation/template/deployment.ts';

const definition: QueueDefinition = {
  id: 'queue',
  visibilitySeconds: 30,
  retentionSeconds: 1000,
  redrive: { queue: 'dead', maxReceives: 2 },
};

function open({ maxInFlight = 1000 } = {}) {
  const deadLetters = new MessageQueue({ ...definition, id: 'dead', redrive: undefined }, { maxInFlight });
  return { queue: new MessageQueue(definition, { maxInFlight, deadLetters }), deadLetters };
}

describe('a simulated queue', () => {
  it('gives the oldest messages first, and counts held ones until they are deleted', () => {
    const { queue } = open();
    queue.send(3, 10);
    queue.send(5, 20);
    const lots = queue.receive(4);
    expect(lots.map(({ sentAt, messages }) => [sentAt, messages])).toEqual([
      [10, 3],
      [20, 1],
    ]);
    expect([queue.waiting, queue.held, queue.age(50)]).toEqual([4, 4, 40]);
    queue.delete(lots);
    expect([queue.waiting, queue.held, queue.age(50)]).toEqual([4, 0, 30]);
  });

  it('reports no age of messages that were received three times, as SQS does', () => {
    const queue = new MessageQueue({ ...definition, redrive: undefined }, { maxInFlight: 10 });
    queue.send(1, 0);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(queue.reportedAge(100)).toBe(100);
      queue.release(queue.receive(1));
    }
    expect([queue.reportedAge(100), queue.age(100)]).toEqual([undefined, 100]);
    queue.send(1, 60);
    expect(queue.reportedAge(100)).toBe(40);
  });

  it('delivers messages of a lost consumer again after the visibility timeout', () => {
    const { queue } = open();
    queue.send(7, 0);
    queue.abandon(queue.receive(7), 5);
    queue.advance(34);
    expect([queue.waiting, queue.held]).toEqual([0, 7]);
    queue.advance(35);
    expect([queue.waiting, queue.held]).toEqual([7, 0]);
  });

  it('moves messages that were received too often to the dead letters', () => {
    const { queue, deadLetters } = open();
    queue.send(7, 0);
    for (let attempt = 0; attempt < 2; attempt += 1) queue.release(queue.receive(7));
    expect(countOf(queue.receive(7))).toBe(0);
    expect([queue.total, deadLetters.waiting]).toEqual([0, 7]);
  });

  it('drops messages at the end of the retention period, also dead letters, whose time goes on', () => {
    const { queue, deadLetters } = open();
    queue.send(3, 0);
    for (let attempt = 0; attempt < 2; attempt += 1) queue.release(queue.receive(3));
    queue.receive(3);
    queue.send(1, 1);
    deadLetters.advance(999);
    expect(deadLetters.total).toBe(3);
    for (const each of [queue, deadLetters]) each.advance(1001);
    expect([queue.counts.expired, deadLetters.counts.expired]).toEqual([1, 3]);
  });

  it('gives out no more messages than may be in flight', () => {
    const { queue } = open({ maxInFlight: 10 });
    queue.send(50, 0);
    expect(countOf(queue.receive(8))).toBe(8);
    expect(countOf(queue.receive(8))).toBe(2);
  });
});
