import { expect, it, onTestFinished } from 'vitest';
import { workerEnvironment } from '../../../../lambdas/classify/config.ts';
import { openWorkerStatus } from '../../../../lambdas/classify/process/worker-status.ts';
import { combineObservers, noObserver } from '../../../../lambdas/classify/worker/observer.ts';
import { readEnvironment } from '../../../../shared/deployment/environment.ts';
import { eventually } from '../../../support/eventually.ts';
import { httpAnswers } from '../../../support/http-answers.ts';
import { freePort } from '../../../support/listen.ts';

const required = { MODEL: 'model', CROPS_QUEUE_URL: 'https://queue', RESULTS: 's3://results' };

it('held messages protect the task, and the health endpoint reports them', async () => {
  const requests: unknown[] = [];
  const agent = await httpAnswers((_request, body, response) => {
    const { ProtectionEnabled } = JSON.parse(body);
    requests.push(JSON.parse(body));
    response.end(JSON.stringify({ protection: { ProtectionEnabled } }));
  });
  const environment = { ...required, ECS_AGENT_URI: agent, HEALTH_PORT: await freePort(), STALLED_AFTER_MS: '90000' };
  const stop = new AbortController();
  const failures: unknown[] = [];
  const signs = await openWorkerStatus(readEnvironment(workerEnvironment, environment), stop.signal, (error) =>
    failures.push(error),
  );
  onTestFinished(() => signs.close().catch(() => {}));
  const health = async () => (await fetch(`http://127.0.0.1:${environment.HEALTH_PORT}/health`)).json();
  const observer = combineObservers(noObserver, signs.observer);

  expect(await health()).toMatchObject({ reason: expect.stringMatching(/^starting/) });
  expect(requests).toEqual([]);
  observer.holding(3);
  await eventually(() => expect(requests).toEqual([{ ProtectionEnabled: true, ExpiresInMinutes: 3 }]));
  observer.ran({ images: 3, fill: 1, closed: 'size', ms: 10 });
  expect(await health()).toMatchObject({ busy: true, held: 3, secondsSinceBatch: expect.any(Number) });
  observer.holding(0);
  stop.abort();
  expect(await health()).toMatchObject({ reason: expect.stringMatching(/^stopping/), busy: false });
  await signs.close();
  expect(requests).toHaveLength(2);
  expect(requests[1]).toEqual({ ProtectionEnabled: false });
  expect(failures).toEqual([]);
});
