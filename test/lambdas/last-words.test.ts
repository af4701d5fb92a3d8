import { beforeAll, expect, it } from 'vitest';
import { withLastWords } from '../../lambdas/classify/last-words.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import { MemoryQueue } from '../../shared/local/memory-queue.ts';
import { loadModel, type Model } from '../../shared/model-directory.ts';
import { cropOf } from '../support/crops.ts';
import { RecordingResults } from '../support/recording-results.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
let model: Model;

beforeAll(async () => {
  await writeTinyModel(folder);
  model = await loadModel(folder);
});

async function setUp(maxAttempts: number) {
  const queue = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, maxAttempts });
  const results = new RecordingResults();
  await queue.send([cropOf({ key: 'a.jpg' })]);
  return { queue, results, crops: withLastWords(queue, { model, maxAttempts, results }) };
}
const take = (queue: Pick<MemoryQueue<CropMessage>, 'receive'>) => queue.receive({ max: 10, waitSeconds: 0 });

it('an image that is tried for the last time has a row before it is tried', async () => {
  const { queue, results, crops } = await setUp(2);
  const [first] = await take(crops);
  expect(results.rows).toEqual([]);
  await queue.setVisibility([first?.receipt ?? ''], 0);
  expect(await take(crops)).toHaveLength(1);
  expect(results.rows).toMatchObject([
    { key: 'a.jpg', status: 'rejected', reason: 'abandoned', detail: 'none of 2 attempts came to an end' },
  ]);
});

it('no message is handed on whose row cannot be stored', async () => {
  const { results, crops } = await setUp(1);
  results.fault = new Error('the disk is full');
  await expect(take(crops)).rejects.toThrow('the disk is full');
});

it('a message that cannot be read has no image to write a row for', async () => {
  const results = new RecordingResults();
  const body = new Failure('invalid_crop', 'no JSON');
  const deliveries = [{ receipt: '1', attempt: 5, body }];
  const crops = withLastWords({ receive: async () => deliveries }, { model, maxAttempts: 3, results });
  expect(await take(crops)).toEqual(deliveries);
  expect(results.rows).toEqual([]);
});
