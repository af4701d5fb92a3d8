import { expect, it } from 'vitest';
import { recordFinalAttempts } from '../../../lambdas/classify/record-final-attempts.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { cropOf } from '../../support/crops.ts';
import { RecordingResults } from '../../support/recording-results.ts';
import { loadTinyModel } from '../../support/tiny-classifier.ts';

const model = await loadTinyModel();

it('an image has a row before its last attempt', async () => {
  const results = new RecordingResults();
  const body = cropOf({ key: 'a.jpg' });
  await recordFinalAttempts([{ receipt: '1', attempt: 1, body }], { model, maxAttempts: 2, results });
  expect(results.attempts).toBe(0);
  await recordFinalAttempts([{ receipt: '2', attempt: 2, body }], { model, maxAttempts: 2, results });
  expect(results.rows).toMatchObject([
    { key: 'a.jpg', status: 'rejected', reason: 'abandoned', detail: 'none of 2 attempts finished' },
  ]);
});

it('fails when a row cannot be stored', async () => {
  const results = new RecordingResults();
  results.fault = new Error('the disk is full');
  const deliveries = [{ receipt: '1', attempt: 1, body: cropOf() }];
  await expect(recordFinalAttempts(deliveries, { model, maxAttempts: 1, results })).rejects.toThrow('the disk is full');
});

it('writes no row for a message that cannot be read', async () => {
  const results = new RecordingResults();
  const deliveries = [{ receipt: '1', attempt: 5, body: new Failure('invalid_crop', 'no JSON') }];
  await recordFinalAttempts(deliveries, { model, maxAttempts: 3, results });
  expect(results.attempts).toBe(0);
});
