import { createServer } from 'node:http';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { atEnd } from '../../support/at-end.ts';
import { listen } from '../../support/listen.ts';
import { FaultPlan } from './fault-plan.ts';
import { startChaosProxy } from './start-chaos-proxy.ts';

/** A service that answers every request with this text, or closes the connection. */
async function serviceOf(text: string | undefined): Promise<string> {
  const server = createServer((_, outgoing) => {
    if (text === undefined) outgoing.destroy();
    else outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  });
  atEnd(() => server.close());
  return `http://127.0.0.1:${await listen(server)}`;
}

async function errorsAfterReceive(target: string): Promise<readonly string[]> {
  const proxy = await startChaosProxy({ target, seed: '1', rates: {} });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: proxy.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  atEnd(() => sqs.destroy());
  await expect(sqs.send(new ReceiveMessageCommand({ QueueUrl: `${proxy.endpoint}/1/queue` }))).rejects.toThrow();
  return proxy.errors();
}

describe('the chaos proxy', () => {
  it('reports a fault of its own', async () => {
    expect(await errorsAfterReceive(await serviceOf('no JSON'))).toEqual([expect.stringMatching(/^SyntaxError/)]);
  });

  it('reports no connection that others closed', async () => {
    expect(await errorsAfterReceive(await serviceOf(undefined))).toEqual([]);
  });
});

describe('a plan of faults', () => {
  it('leaves out no kind that was to be expected', () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const plan = new FaultPlan(`${seed}`, { reset: 0.02, delay: 0.001 });
      for (let request = 0; request < 60; request += 1) {
        const fault = plan.choose(`request ${request}`, ['reset', 'delay']);
        if (fault !== undefined) plan.count(fault);
      }
      expect(plan.unused().filter((kind) => kind === 'reset')).toEqual([]);
    }
  });

  it('names the kinds that did not happen', () => {
    const plan = new FaultPlan('1', { 'lost receive': 1, 'cut body': 1 });
    expect(plan.choose('request', ['lost receive'])).toBe('lost receive');
    expect(plan.unused()).toEqual(['cut body', 'lost receive']);
    plan.count('lost receive');
    expect(plan.unused()).toEqual(['cut body']);
  });
});
