import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withAnswerWatch } from '../../cli/engine/command-watch.ts';
import { type RunOptions, run } from '../../cli/engine/run/run.ts';
import { atEnd } from '../support/at-end.ts';
import { startInceptionBatch } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { startProxy } from '../support/proxy.ts';
import { queryResults } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';

const model = await makeTinyModel();
const aws = await startAws();
const images = 40;
const byStatus = 'select status, count(*)::int as images from results group by status';

/** A bucket of photos behind a proxy that stops to answer after some requests, and a run of it. */
async function silentAfter(requests: number, isSilenced: (method: string) => boolean) {
  const bucket = await aws.makeBucket();
  const results = await aws.makeBucket();
  const photo = await picture(1).jpeg().toBuffer();
  for (let index = 0; index < images; index += 1) await aws.put(bucket, `${index}.jpg`, photo);
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<undefined>();
  let seen = 0;
  const { endpoint } = await startProxy(aws.endpoint, ({ method = '' }) => {
    if (!isSilenced(method)) return undefined;
    seen += 1;
    return seen > requests ? goesOn : undefined;
  });
  const lines: string[] = [];
  const options: RunOptions = { model, store: `s3://${results}`, endpoint, threads: 2, batch: 8, accelerator: 'cpu' };
  const start = (answerTimeout: number) =>
    withAnswerWatch(
      {
        ...{ reportAfterMs: 300, idleMs: 150 },
        onSilent: ({ request, service }) => lines.push(`silent: ${request} ${service}`),
        onAnswer: () => lines.push('answers'),
      },
      () =>
        run(
          `s3://${bucket}`,
          { ...options, answerTimeout },
          { stop: new AbortController().signal, onSession() {}, onStart() {} },
        ),
    );
  const storedRows = () => queryResults(`s3://${results}`, byStatus, aws.endpoint);
  return { start, goOn: () => goOn(undefined), lines, storedRows, endpoint };
}

describe('Ctrl-C while the store does not answer', () => {
  const images = (endpoint: string) => ['s3://images/p', '--store', 's3://store', '--endpoint', endpoint];
  it.each([
    ['run', (endpoint: string) => ['run', ...images(endpoint), '--model', model]],
    ['submit --dry-run', (endpoint: string) => ['submit', ...images(endpoint), '--model', model, '--dry-run']],
    ['compact', (endpoint: string) => ['compact', '--store', 's3://store', '--endpoint', endpoint]],
  ])('ends %s with 130 after the attempts in progress', async (_name, argsAt) => {
    const requested = Promise.withResolvers<void>();
    const endpoint = await httpAnswers(() => requested.resolve()); // no answer
    const command = startInceptionBatch(argsAt(endpoint), { AWS_MAX_ATTEMPTS: '1' });
    atEnd(() => command.kill('SIGKILL'));
    const exited = once(command, 'exit');
    await requested.promise;
    command.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });
});

describe('a run whose store stops to answer', () => {
  it.each([
    ['reads of images', 10, 'GET', 'GetObject'],
    ['writes of parts', 0, 'PUT', 'PutObject'],
  ])('reports it, waits, and loses no image when it goes on: %s', async (_name, requests, silenced, request) => {
    const store = await silentAfter(requests, (method) => method === silenced);
    const running = store.start(600);
    // On a busy machine an ordinary request can seem silent first, and be answered.
    await eventually(async () => expect(store.lines.at(-1)).toBe(`silent: ${request} ${store.endpoint}`));
    store.goOn();
    expect(await running).toMatchObject({ total: images, classified: images, rejected: 0, pending: 0 });
    expect(store.lines).toContain('answers');
    expect(await store.storedRows()).toEqual([{ status: 'classified', images }]);
  });

  it.each([
    ['reads of images', 10, 'GET'],
    ['writes of parts', 0, 'PUT'],
    ['listings', 0, 'GET'],
  ])(
    'ends with an error if it does not go on, and is completed by another run: %s',
    async (_name, requests, silenced) => {
      const store = await silentAfter(requests, (method) => method === silenced);
      await expect(store.start(1.5)).rejects.toThrow(/has not answered \w+ for \d+ s: check the service, then run the/);
      store.goOn();
      expect(await store.start(600)).toMatchObject({ total: images, rejected: 0, pending: 0 });
      expect(await store.storedRows()).toEqual([{ status: 'classified', images }]);
    },
  );
});
