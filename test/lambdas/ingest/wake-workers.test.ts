import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { ECSClient } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { wakeWorkersOnSend } from '../../../lambdas/ingest/wake-workers.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import type { RefusedEntry } from '../../../shared/stores/ports.ts';
import { cropOf } from '../../support/crops.ts';
import { listen } from '../../support/listen.ts';

const workers = { cluster: 'pipeline', service: 'workers' };
/** Requests to ECS, in order. */
let requests: [action: string, input: unknown][] = [];
let desiredCount: number | undefined = 0;
let broken = false;
let ecs: ECSClient;
let stop: () => Promise<unknown>;
let failures: unknown[] = [];
let minute = 0;

beforeAll(async () => {
  // ECS uses JSON with the action in a header. There is no emulator, and any other action is an error.
  const server = createServer(async (request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    requests.push([action, JSON.parse(await text(request))]);
    const answers: Record<string, unknown> = {
      DescribeServices: { services: desiredCount === undefined ? [] : [{ serviceName: 'workers', desiredCount }] },
      UpdateService: { service: { serviceName: 'workers', desiredCount: 1 } },
    };
    const answer = answers[action];
    response.writeHead(broken || answer === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(broken ? { __type: 'ClientException', message: 'no' } : (answer ?? {})));
  });
  const port = await listen(server);
  ecs = new ECSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  stop = async () => {
    ecs.destroy();
    server.close();
  };
});
afterAll(() => stop());
beforeEach(() => {
  requests = [];
  failures = [];
  desiredCount = 0;
  broken = false;
  minute = 0;
});

function waking(refused: RefusedEntry[] = []) {
  const sent: CropMessage[][] = [];
  const queue = {
    send: async (bodies: readonly CropMessage[]) => {
      sent.push([...bodies]);
      return refused;
    },
  };
  const crops = wakeWorkersOnSend(queue, ecs, workers, {
    onFailure: (error) => failures.push(error),
    now: () => minute * 60_000,
  });
  return { crops, sent };
}

const actions = () => requests.map(([action]) => action);

describe('sending crops', () => {
  it('starts the first worker if the service has none', async () => {
    const { crops, sent } = waking();
    expect(await crops.send([cropOf()])).toEqual([]);
    expect(sent).toHaveLength(1);
    expect(requests).toEqual([
      ['DescribeServices', { cluster: 'pipeline', services: ['workers'] }],
      ['UpdateService', { cluster: 'pipeline', service: 'workers', desiredCount: 1 }],
    ]);
  });

  it('leaves a service with workers to scaling', async () => {
    desiredCount = 3;
    await waking().crops.send([cropOf()]);
    expect(actions()).toEqual(['DescribeServices']);
  });

  it('checks the service once a minute, however much is sent', async () => {
    const { crops } = waking();
    for (let batch = 0; batch < 5; batch += 1) await crops.send([cropOf()]);
    expect(actions()).toEqual(['DescribeServices', 'UpdateService']);
    minute = 1;
    await crops.send([cropOf()]);
    expect(actions()).toHaveLength(4);
  });

  it('starts no worker when the queue refused everything', async () => {
    const refused = [{ index: 0, failure: new Failure('throttled', 'slow down') }];
    const { crops } = waking(refused);
    expect(await crops.send([cropOf()])).toEqual(refused);
    expect(requests).toEqual([]);
  });

  it('succeeds although ECS fails, reports it, and checks again the next time', async () => {
    broken = true;
    const { crops } = waking();
    expect(await crops.send([cropOf()])).toEqual([]);
    expect(failures).toMatchObject([{ name: 'ClientException' }]);
    broken = false;
    await crops.send([cropOf()]);
    expect(actions()).toEqual(['DescribeServices', 'DescribeServices', 'UpdateService']);
  });

  it('reports a missing service', async () => {
    desiredCount = undefined;
    await waking().crops.send([cropOf()]);
    expect(String(failures[0])).toContain('cluster pipeline has no service workers');
  });
});
