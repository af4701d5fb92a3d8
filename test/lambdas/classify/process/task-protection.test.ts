import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  expiryMinutes,
  openTaskProtection,
  type TaskProtection,
  type TaskProtectionOptions,
} from '../../../../lambdas/classify/process/task-protection.ts';
import { eventually } from '../../../support/eventually.ts';
import { httpAnswers } from '../../../support/http-answers.ts';

const on = { ProtectionEnabled: true, ExpiresInMinutes: 10 };
const off = { ProtectionEnabled: false };

interface Agent {
  readonly uri: string;
  /** Request bodies, in order. */
  readonly requests: unknown[];
  readonly failures: unknown[];
}

/** An agent that agrees to every request, unless `answer` is given. */
async function startAgent(
  answer: (response: ServerResponse, enabled: boolean, count: number) => void = agree,
): Promise<Agent> {
  const requests: unknown[] = [];
  const uri = await httpAnswers(({ method, url, headers }, body, response) => {
    const request = JSON.parse(body);
    const isExpected = method === 'PUT' && url === '/v4/task-protection/v1/state';
    requests.push(isExpected && headers['content-type'] === 'application/json' ? request : `${method} ${url}`);
    answer(response, request.ProtectionEnabled, requests.length);
  });
  return { uri: `${uri}/v4`, requests, failures: [] };
}

function agree(response: ServerResponse, enabled: boolean): void {
  response.end(JSON.stringify({ protection: { TaskArn: 'arn', ProtectionEnabled: enabled } }));
}

function protect({ uri, failures }: Agent, options: Partial<TaskProtectionOptions> = {}): TaskProtection {
  const protection = openTaskProtection({
    agentUri: uri,
    longestBatchMs: 300_000,
    onFailure: (error) => failures.push(error),
    idleMs: 20,
    ...options,
  });
  onTestFinished(() => protection.stop());
  return protection;
}

const until = (agent: Agent, requests: unknown[]) => eventually(() => expect(agent.requests).toEqual(requests));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('task protection', () => {
  it('is requested when work starts and dropped after some idle time', async () => {
    const agent = await startAgent();
    const protection = protect(agent);
    protection.busy();
    await until(agent, [on]);
    protection.idle();
    await until(agent, [on, off]);
    protection.busy();
    await until(agent, [on, off, on]);
    await protection.stop();
    expect(agent.requests).toEqual([on, off, on, off]);
    expect(agent.failures).toEqual([]);
  });

  it('is requested once, however often work starts and ends in between', async () => {
    const agent = await startAgent();
    const protection = protect(agent, { idleMs: 5_000 });
    for (let message = 0; message < 100; message += 1) {
      protection.busy();
      protection.idle();
      await pause(1);
    }
    expect(agent.requests).toEqual([on]);
  });

  it('is renewed while work continues', async () => {
    const agent = await startAgent();
    const protection = protect(agent, { renewMs: 10 });
    protection.busy();
    await eventually(() => expect(agent.requests.length).toBeGreaterThan(3));
    await protection.stop();
    const last = agent.requests.length;
    expect(agent.requests).toEqual([...Array.from({ length: last - 1 }, () => on), off]);
    await pause(50);
    expect(agent.requests).toHaveLength(last);
  });

  it('lasts twice the longest batch, within what ECS allows', () => {
    expect([1, 30_000, 30_001, 300_000, 1e12].map(expiryMinutes)).toEqual([1, 1, 2, 10, 2880]);
  });

  it('is dropped at the end even right after it was requested', async () => {
    const agent = await startAgent((response, enabled) => setTimeout(() => agree(response, enabled), 50));
    const protection = protect(agent);
    protection.busy();
    await protection.stop();
    expect(agent.requests).toEqual([on, off]);
    protection.busy();
    await pause(20);
    expect(agent.requests).toEqual([on, off]);
  });

  it('is not requested by a worker without work', async () => {
    const agent = await startAgent();
    const protection = protect(agent);
    protection.idle();
    await protection.stop();
    expect(agent.requests).toEqual([]);
  });

  it('is retried when the agent refuses, and every refusal is reported', async () => {
    const agent = await startAgent((response, enabled, count) => {
      if (count > 2) agree(response, enabled);
      else if (count === 1) response.writeHead(500).end('down');
      else response.end(JSON.stringify({ failure: { Reason: 'DEPLOYMENT_BLOCKED', Detail: 'Unable to enable' } }));
    });
    protect(agent, { retryMs: 10 }).busy();
    await until(agent, [on, on, on]);
    await pause(50);
    expect(agent.requests).toHaveLength(3);
    expect(agent.failures.map(String)).toEqual([
      'Error: the ECS agent responded with 500: down',
      expect.stringMatching(/^Error: the ECS agent responded with 200: .*DEPLOYMENT_BLOCKED/),
    ]);
  });

  it('is dropped at the end even if dropping it failed before', async () => {
    const agent = await startAgent((response, enabled, count) => {
      if (count === 2) response.writeHead(503).end();
      else agree(response, enabled);
    });
    const protection = protect(agent);
    protection.busy();
    await until(agent, [on]);
    protection.idle();
    await eventually(() => expect(agent.failures).toHaveLength(1));
    await protection.stop();
    expect(agent.requests).toEqual([on, off, off]);
  });

  it('does not wait for an agent that hangs', async () => {
    const agent = await startAgent(() => {});
    const protection = protect(agent, { timeoutMs: 50 });
    protection.busy();
    await eventually(() => expect(agent.failures).toHaveLength(1));
    await protection.stop();
    expect(agent.requests).toEqual([on, off]);
    expect(agent.failures.map(String)).toEqual(Array(2).fill(expect.stringMatching(/^TimeoutError: /)));
  });

  it('does not stop work when the agent is unavailable', async () => {
    const agent = { uri: 'http://127.0.0.1:9', requests: [], failures: [] };
    const protection = protect(agent);
    protection.busy();
    await protection.stop();
    expect(agent.failures.length).toBeGreaterThan(0);
  });

  it('does nothing without an agent', async () => {
    const protection = openTaskProtection({
      agentUri: undefined,
      longestBatchMs: 1,
      onFailure: () => expect.unreachable(),
    });
    protection.busy();
    protection.idle();
    await protection.stop();
  });
});
