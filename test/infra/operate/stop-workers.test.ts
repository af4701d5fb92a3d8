import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { ECSClient } from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type OperateClients, operateClients } from '../../../infra/operate/clients.ts';
import { messageOf } from '../../../infra/operate/message-of.ts';
import { resumeStage } from '../../../infra/operate/resume.ts';
import { stopStage } from '../../../infra/operate/stop.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { model, synthesize } from '../synthesize.ts';
import { type DeployedStage, deployStage } from './deployed-stage.ts';

const gpu = synthesize({ model });

afterEach(() => vi.unstubAllEnvs());
const dev = { stage: 'dev', stackName: 'inception-batch-dev' };

/** Clients of a stand-in, and a clock that only sleeping moves. */
function clientsOf(stage: DeployedStage, onSleep: (now: number) => void = () => {}): OperateClients {
  const options = {
    endpoint: stage.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  let now = 1_000_000_000;
  return {
    cloudFormation: new CloudFormationClient(options),
    lambda: new LambdaClient(options),
    scaling: new ApplicationAutoScalingClient(options),
    ecs: new ECSClient(options),
    clock: {
      now: () => now,
      async sleep(milliseconds) {
        now += milliseconds;
        onSleep(now);
      },
    },
  };
}

const quietly = { workers: true, onWait: () => {} };

describe('stop --workers', () => {
  it('ends workers that hold messages, which are protected from a smaller number of workers', async () => {
    const stage = await deployStage(gpu);
    await stopStage(clientsOf(stage), dev, quietly);
    expect([...stage.tasks]).toEqual([]);
    expect(stage.desiredWorkers).toBe(0);
  });

  it('ends a worker that an ingest function starts up to its timeout after the event source is off', async () => {
    const stage = await deployStage(gpu);
    let started = 0;
    const clients = clientsOf(stage, (now) => {
      if (now > stage.changedAt + 290_000 || stage.desiredWorkers > 0) return;
      stage.desiredWorkers = 1;
      stage.tasks.add(`started-${++started}`);
    });
    stage.changedAt = clients.clock.now();
    const waits: string[] = [];
    await stopStage(clients, dev, { workers: true, onWait: (line) => waits.push(line) });
    expect(started).toBeGreaterThan(1);
    expect([...stage.tasks]).toEqual([]);
    expect(stage.desiredWorkers).toBe(0);
    expect(waits).toEqual(['waiting up to 5 minutes for ingest functions that still run: they may start a worker']);
  });

  it('does not wait when it is repeated after the functions have ended', async () => {
    const stage = await deployStage(gpu);
    const clients = clientsOf(stage, () => expect.unreachable('slept'));
    stage.changedAt = clients.clock.now() - 300_000;
    await stopStage(clients, dev, quietly);
    expect(stage.desiredWorkers).toBe(0);
  });
});

describe('an event source that Lambda is changing', () => {
  it.each(['Creating', 'Enabling', 'Updating', 'Disabling'])('is turned off once it is no longer %s', async (state) => {
    const stage = await deployStage(gpu);
    stage.passingStates.set('Ingest', [state, state]);
    const { changes } = await stopStage(clientsOf(stage), dev, { ...quietly, workers: false });
    expect(changes).toContainEqual({ resource: 'event source of Ingest', before: 'on', after: 'off' });
    expect(stage.eventSources.get('Ingest')).toBe(false);
  });

  it('is not reported as off if it stays so: the command says to repeat it', async () => {
    const stage = await deployStage(gpu);
    stage.passingStates.set('Ingest', Array(1000).fill('Updating'));
    const problem = 'the event source of Ingest is still being changed (Updating): repeat the command in a minute';
    for (const operation of [stopStage(clientsOf(stage), dev, quietly), resumeStage(clientsOf(stage), dev)]) {
      expect((await operation).failures).toContainEqual({ resource: 'event source of Ingest', problem });
    }
  });

  it('is reported if Lambda refuses the change', async () => {
    const stage = await deployStage(gpu);
    stage.passingStates.set('Ingest', ['Enabled', 'Updating']);
    const { failures } = await stopStage(clientsOf(stage), dev, quietly);
    expect(failures).toMatchObject([{ problem: expect.stringContaining('still being changed (in use)') }]);
  });
});

describe('stop, while AWS refuses one operation', () => {
  it.each([
    ['SetStackPolicy', 'deployments that would resume it'],
    ['PUT Jobs', 'event source of Jobs'],
    ['RegisterScalableTarget', 'scaling that starts workers'],
    ['DescribeServices', 'desired workers'],
  ])('does everything but %s', async (operation, resource) => {
    const stage = await deployStage(gpu);
    stage.errors.set(operation, 'AccessDeniedException');
    const { changes, failures } = await stopStage(clientsOf(stage), dev, quietly);
    expect(failures).toEqual([{ resource, problem: expect.stringContaining('AccessDenied') }]);
    expect(changes).toHaveLength(4);
    expect(stage.eventSources.get('Ingest')).toBe(false);
    if (operation !== 'RegisterScalableTarget') expect(stage.scaling).toBe('suspended');
    if (operation !== 'DescribeServices') expect(stage.tasks.size).toBe(0);
  });
});

describe('a stack whose deletion has failed', () => {
  it('has its workers ended, whatever is deleted already', async () => {
    const stage = await deployStage(gpu);
    for (const { id, Type } of gpu) if (Type !== 'AWS::ECS::Service') stage.deleted.add(id);
    stage.scaling = 'deleted';
    const { changes, failures } = await stopStage(clientsOf(stage), dev, quietly);
    expect(failures).toEqual([]);
    expect(changes).toContainEqual({ resource: 'desired workers', before: '2', after: '0' });
    expect(stage.tasks.size).toBe(0);
  });

  it('has event sources that Lambda does not know: they are off', async () => {
    const stage = await deployStage(gpu);
    stage.errors.set('GET Ingest', 'ResourceNotFoundException');
    stage.passingStates.set('Jobs', ['Deleting']);
    const { changes, failures } = await stopStage(clientsOf(stage), dev, { ...quietly, workers: false });
    expect(failures).toEqual([]);
    expect(changes).toContainEqual({ resource: 'event source of Ingest', before: 'off', after: 'off' });
    expect(changes).toContainEqual({ resource: 'event source of Jobs', before: 'off', after: 'off' });
  });

  it('with nothing left to stop is an error, and keeps its policy', async () => {
    const stage = await deployStage(gpu);
    for (const { id } of gpu) stage.deleted.add(id);
    await expect(stopStage(clientsOf(stage), dev, quietly)).rejects.toThrow('has no event sources or workers');
    expect(stage.writes).toEqual([]);
  });
});

it('a service that does not answer ends a command with one line', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', await httpAnswers(() => {}));
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const error = await stopStage(operateClients({ timeoutMs: 50 }), dev, quietly).catch((reason: unknown) => reason);
  expect(messageOf(error)).toBe('AWS did not answer: check the network and AWS_REGION, and run the command again');
});
