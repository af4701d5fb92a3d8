import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const file = join(temporaryFolder(), 'file');
writeFileSync(file, '');

describe.each(['pack-construct', 'stage-worker-image'])('the command %s', (name) => {
  it.each([
    ['without a folder', [], /give the folder to write/],
    ['with a file instead of a folder', [file], /file/],
    ['with a folder below a file', [join(file, 'folder')], /ENOTDIR|EEXIST/],
  ])('%s fails in one line', (_, args, expected) => {
    const program = join(repository, 'infra/packing', `${name}.ts`);
    const { stderr, status } = spawnSync(process.execPath, [program, ...args], { cwd: repository, encoding: 'utf8' });
    expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
    expect(stderr).toMatch(expected);
    expect(status).toBe(1);
  });
});

it('the construct does not replace the folder of something else', () => {
  const program = join(repository, 'infra/packing/pack-construct.ts');
  const { stderr } = spawnSync(process.execPath, [program, '.'], { cwd: repository, encoding: 'utf8' });
  expect(stderr).toBe(
    `inception-batch: ${repository.replace(/\/$/, '')} contains something else than an earlier package: give a new or empty folder\n`,
  );
});
