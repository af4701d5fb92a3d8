import { expect, it } from 'vitest';
import type { ClassifyOutcome } from '../../../../lambdas/classify/classify.ts';
import { logFailures } from '../../../../lambdas/classify/telemetry/log-failures.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { imageDigest } from '../../../../shared/images/image.ts';
import { NetworkError } from '../../../../shared/inference/network-error.ts';

const imageOf = (key: string) => ({ bucket: 'drop', key, etag: 'e' });

/** The log calls for messages that failed with `failures`. */
function logged(
  failures: readonly (Failure | undefined)[],
  image: (key: string) => ClassifyOutcome['image'] = imageOf,
) {
  const lines: unknown[] = [];
  const logger = { warn: (...line: readonly unknown[]) => void lines.push(line) };
  const outcomes = failures.map((failure, index): ClassifyOutcome => {
    const of = image(`private/emma-${index}.jpg`);
    return { receipt: `r${index}`, ...(of && { image: of }), ...(failure && { failure }) };
  });
  logFailures(logger, outcomes, (receipt) => receipt);
  return lines;
}

it('a failure of every image of a batch is logged once, with its count and one image', () => {
  const slow = () => new Failure('throttled', 'SlowDown on private/emma.jpg');
  expect(logged([slow(), undefined, slow(), slow()])).toEqual([
    ['message returned', { reason: 'throttled', count: 3, image: imageDigest(imageOf('private/emma-0.jpg')) }],
  ]);
});

it('an unexpected error is logged with its name and stack, never with its message', () => {
  const broken = (cause: Error) => Failure.from(cause);
  const [one, ...others] = logged([broken(new TypeError('of private/emma.jpg')), new Failure('internal', 'private')]);
  expect(one).toMatchObject([
    'message returned',
    { reason: 'internal', count: 1, stack: expect.arrayContaining(['TypeError']) },
  ]);
  expect(JSON.stringify(one)).toContain('log-failures.test.ts');
  expect(others).toMatchObject([['message returned', { stack: expect.arrayContaining(['Failure']) }]]);
  expect(JSON.stringify([one, others])).not.toContain('private');
});

it('the message of the runtime is logged: it contains no personal data', () => {
  expect(logged([Failure.from(new NetworkError('CUDA failure 700: an illegal memory access'))])).toMatchObject([
    ['message returned', { runtimeMessage: 'CUDA failure 700: an illegal memory access' }],
  ]);
});

it('a message that could not be read is logged by its id', () => {
  expect(logged([new Failure('invalid_crop', 'private/emma.jpg')], () => undefined)).toEqual([
    ['message returned', { reason: 'invalid_crop', count: 1, messageId: 'r0' }],
  ]);
});
