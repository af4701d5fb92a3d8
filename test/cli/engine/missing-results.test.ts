import { expect, it } from 'vitest';
import { runInto } from '../../../cli/engine/missing-results.ts';

it.each([
  [{ store: 'inception-store' }, /run \.\/photos$/],
  [
    { store: 's3://results', endpoint: 'http://127.0.0.1:9' },
    /--store s3:\/\/results --endpoint http:\/\/127\.0\.0\.1:9$/,
  ],
])('prints the command that fills the store, with the service that it is in: %j', (options, command) => {
  expect(runInto(options)).toMatch(command);
});
