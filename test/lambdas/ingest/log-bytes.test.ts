import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { assumptions } from '../../../jobs/cost/assumptions.ts';
import { messagesPerBatch } from '../../../shared/deployment/defaults.ts';
import { repository } from '../../support/cli.ts';

/** Two invocations with a whole batch; only the first one counts a cold start. */
const program = `
  const { openIngestTelemetry } = await import('./lambdas/ingest/telemetry.ts');
  const { begin, observe } = openIngestTelemetry();
  const event = (age) => ({ bucket: 'drop', key: 'a.jpg', etag: 'e', size: 110_000, eventTime: new Date(Date.now() - age) });
  for (const name of ['first', 'second']) {
    console.log(name);
    begin({ awsRequestId: '8f2a1b3c-4d5e-6f70-8192-a3b4c5d6e7f8', functionName: 'inception-batch-dev-IngestFunction' });
    observe(Array.from({ length: ${messagesPerBatch} }, (_, index) => ({
      receipt: String(index), events: [{ event: event(3000 + 37 * index), outcome: 'sent', willRetry: false }],
    })));
  }
`;
/** START, END and REPORT. */
const lambdaBytes = 550;

it('an invocation of ingest writes about as many bytes of logs as the cost estimate assumes, and no warning', () => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', `${program}`], {
    cwd: repository,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], METRICS_NAMESPACE: 'inception-batch/dev' },
  });
  const [, second = ''] = output.split('second\n');
  for (const line of second.trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  const { value } = assumptions.logBytes;
  expect(Buffer.byteLength(second) + lambdaBytes).toBeGreaterThan(0.9 * value);
  expect(Buffer.byteLength(second) + lambdaBytes).toBeLessThan(1.1 * value);
});
