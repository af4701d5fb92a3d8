import { expect, it } from 'vitest';
import { embedImage } from '../../../../cli/engine/classify/embed-image.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';

const signal = new AbortController().signal;

function failing(error: Error) {
  const fail = () => Promise.reject(error);
  return { embed: fail, embedBox: fail, close: async () => {} };
}

it('a stream that was not read is canceled after a failure', async () => {
  const canceled = Promise.withResolvers<unknown>();
  const stream = new ReadableStream<Uint8Array>({ cancel: canceled.resolve });
  const embedding = embedImage({ name: 'a', stream }, failing(new Failure('timeout', 'late')), signal);
  await expect(embedding).rejects.toThrow('a: late');
  await canceled.promise;
});

it('the loss of the session is not an error of the image', async () => {
  const lost = new SessionLost('the thread has ended');
  await expect(embedImage('a.jpg', failing(lost), signal)).rejects.toBe(lost);
});
