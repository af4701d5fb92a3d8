import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('docs/api is what "npm run docs:api" writes', async () => {
  const folder = join(temporaryFolder(), 'api');
  const { status, stderr } = spawnSync(process.execPath, ['infra/packing/write-api-docs.ts', '--out', folder], {
    cwd: repository,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const pages = (root: string) => {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
  };
  expect(Object.keys(pages(folder)).length).toBe(5);
  expect(pages(join(repository, 'docs/api'))).toEqual(pages(folder));
});
