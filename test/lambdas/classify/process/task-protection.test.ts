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
  /** What it was asked for, in order. */
  readonly asked: unknown[];
  readonly failures: unknown[];
}

/** An agent that does as it is told, unless `answer` says otherwise. */
async function startAgent(
  answer: (response: ServerResponse, enabled: boolean, count: number) => void = agree,
): Promise<Agent> {
  const asked: unknown[] = [];
  const uri = await httpAnswers(({ method, url, headers }, body, response) => {
    const wanted = JSON.parse(body);
    const known = method === 'PUT' && url === '/v4/task-protection/v1/state';
    asked.push(known && headers['content-type'] === 'application/json' ? wanted : `${method} ${url}`);
    answer(response, wanted.ProtectionEnabled, asked.length);
  });
  return { uri: `${uri}/v4`, asked, failures: [] };
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

const until = (agent: Agent, asked: unknown[]) => eventually(() => expect(agent.asked).toEqual(asked));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('task protection', () => {
  it('is asked for when work begins and dropped when there has been none for a moment', async () => {
    const agent = await startAgent();
    const protection = protect(agent);
    protection.busy();
    await until(agent, [on]);
    protection.idle();
    await until(agent, [on, off]);
    protection.busy();
    await until(agent, [on, off, on]);
    await protection.stop();
    expect(agent.asked).toEqual([on, off, on, off]);
    expect(agent.failures).toEqual([]);
  });

  it('is asked for once, however often work comes and goes between two looks', async () => {
    const agent = await startAgent();
    const protection = protect(agent, { idleMs: 5_000 });
    for (let message = 0; message < 100; message += 1) {
      protection.busy();
      protection.idle();
      await pause(1);
    }
    expect(agent.asked).toEqual([on]);
  });

  it('is renewed while work goes on', async () => {
    const agent = await startAgent();
    const protection = protect(agent, { renewMs: 10 });
    protection.busy();
    await eventually(() => expect(agent.asked.length).toBeGreaterThan(3));
    await protection.stop();
    const last = agent.asked.length;
    expect(agent.asked).toEqual([...Array.from({ length: last - 1 }, () => on), off]);
    await pause(50);
    expect(agent.asked).toHaveLength(last);
  });

  it('lasts twice the longest batch, within what ECS allows', () => {
    expect([1, 30_000, 30_001, 300_000, 1e12].map(expiryMinutes)).toEqual([1, 1, 2, 10, 2880]);
  });

  it('is dropped in the end also when it was asked for a moment before', async () => {
    const agent = await startAgent((response, enabled) => setTimeout(() => agree(response, enabled), 50));
    const protection = protect(agent);
    protection.busy();
    await protection.stop();
    expect(agent.asked).toEqual([on, off]);
    protection.busy();
    await pause(20);
    expect(agent.asked).toEqual([on, off]);
  });

  it('is not mentioned by a worker that never had anything to do', async () => {
    const agent = await startAgent();
    const protection = protect(agent);
    protection.idle();
    await protection.stop();
    expect(agent.asked).toEqual([]);
  });

  it('is tried again when the agent says no, and every no is told', async () => {
    const agent = await startAgent((response, enabled, count) => {
      if (count > 2) agree(response, enabled);
      else if (count === 1) response.writeHead(500).end('down');
      else response.end(JSON.stringify({ failure: { Reason: 'DEPLOYMENT_BLOCKED', Detail: 'Unable to enable' } }));
    });
    protect(agent, { retryMs: 10 }).busy();
    await until(agent, [on, on, on]);
    await pause(50);
    expect(agent.asked).toHaveLength(3);
    expect(agent.failures.map(String)).toEqual([
      'Error: the ECS agent responded with 500: down',
      expect.stringMatching(/^Error: the ECS agent responded with 200: .*DEPLOYMENT_BLOCKED/),
    ]);
  });

  it('is dropped at the end, should dropping it have failed before', async () => {
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
    expect(agent.asked).toEqual([on, off, off]);
  });

  it('keeps nobody waiting for an agent that hangs', async () => {
    const agent = await startAgent(() => {});
    const protection = protect(agent, { timeoutMs: 50 });
    protection.busy();
    await eventually(() => expect(agent.failures).toHaveLength(1));
    await protection.stop();
    expect(agent.asked).toEqual([on, off]);
    expect(agent.failures.map(String)).toEqual(Array(2).fill(expect.stringMatching(/^TimeoutError: /)));
  });

  it('keeps nobody from working where the agent is gone', async () => {
    const agent = { uri: 'http://127.0.0.1:9', asked: [], failures: [] };
    const protection = protect(agent);
    protection.busy();
    await protection.stop();
    expect(agent.failures.length).toBeGreaterThan(0);
  });

  it('does nothing where there is no agent', async () => {
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
