import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compactEnvironment } from '../../../lambdas/compact/config.ts';
import { compactHandler } from '../../../lambdas/compact/handler.ts';
import { partsOf } from '../../../results/open/parts.ts';
import { readEnvironment } from '../../../shared/deployment/environment.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { dayFolder } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { classifiedRow } from '../../support/result-rows.ts';
import { query } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it.each(['', 'zoo', 'deep/er/'])(
  'the compact function compacts the days that are over of results below "%s"',
  async (prefix) => {
    const bucket = temporaryFolder();
    const store = new FolderStore();
    const workFolder = temporaryFolder();
    const days = [1, 2, 3].map((day) => new Date(Date.UTC(2026, 2, day, 12)));
    for (const now of [...days, ...days]) {
      const rows = [classifiedRow(`${now.getDate()}.jpg`), classifiedRow('always.jpg')];
      await new ResultsStore(store, { bucket, prefix }, { now: () => now }).append(rows);
    }
    const source = { kind: 'remote', store, bucket, prefix, cacheFolder: join(workFolder, 'parts') } as const;
    const [, , today = new Date()] = days;
    const done: unknown[] = [];
    const ports = { source, store, workFolder, bytesPerRun: 1e9, stopAfterSeconds: 60, now: () => today };
    await compactHandler(ports, (one) => done.push(one))();
    expect(done).toEqual([{ partsBefore: 6, partsAfter: 4, rowsRemoved: 5, interrupted: false }]);
    const inDays = (await partsOf({ kind: 'folder', path: join(bucket, prefix) })).map(({ address }) => address.key);
    expect(inDays.map((key) => key.split('/', 2).join('/'))).toEqual([...days, today].map(dayFolder));
    const kept = await readdir(workFolder, { recursive: true, withFileTypes: true });
    expect(kept.filter((entry) => entry.isFile())).toEqual([]);
    const keys = 'select key from results order by key';
    expect(await query(join(bucket, prefix), keys)).toEqual([['1.jpg'], ['2.jpg'], ['3.jpg'], ['always.jpg']]);
  },
);

it('the compact function only requires RESULTS in its environment', () => {
  expect(readEnvironment(compactEnvironment, { RESULTS: 's3://results' })).toMatchObject({ WORK_FOLDER: '/tmp' });
  expect(() => readEnvironment(compactEnvironment, {})).toThrow(
    'RESULTS is not set, set it to the store of the results',
  );
});
