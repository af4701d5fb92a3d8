import { expect, it } from 'vitest';
import { atEnd } from '../../support/at-end.ts';
import { FunctionError } from './function-error.ts';
import { startRuntimeApi } from './runtime-api.ts';

it('an event whose result the runtime could not report fails at once', async () => {
  const api = await startRuntimeApi();
  atEnd(() => api.close());
  const next = () => fetch(`http://${api.address}/2018-06-01/runtime/invocation/next`);
  const invocation = { requestId: 'one', event: { n: 1 }, deadline: 0, functionArn: 'arn', traceId: 'trace' };
  const first = api.invoke(invocation);
  expect(await (await next()).json()).toEqual({ n: 1 });
  const second = next();
  await expect(first).rejects.toMatchObject({ errorType: 'Runtime.ResultLost' });
  const answer = api.invoke({ ...invocation, requestId: 'two', event: { n: 2 } });
  expect(await (await second).json()).toEqual({ n: 2 });
  api.fail(new FunctionError('Runtime.ExitError', 'the end'));
  await expect(answer).rejects.toThrow('the end');
});
