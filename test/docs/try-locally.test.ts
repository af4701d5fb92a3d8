import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { freePort } from '../support/listen.ts';
import { blocksOf, pasteBlocks } from '../support/page-commands.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const page = 'docs/try-locally.md';
const fashion = join(repository, 'demo/fashion-mnist');
const names = ['a bag.png', 'b.png', 'c.png'];

const folder = temporaryFolder();
await mkdir(join(folder, 'photos'));
for (const name of names) await cp(join(fashion, 'samples/bag/t10k-00018.png'), join(folder, 'photos', name));

describe(page, () => {
  it('has blocks that a reader can paste one after another', async () => {
    const port = await freePort();
    const blocks = (await blocksOf(page, 'sh')).map((block) => ({
      ...block,
      code: block.code.replaceAll('4566', port),
    }));
    const outputs = await pasteBlocks(blocks, folder, {
      FAUXQS_PORT: port,
      INCEPTION_MODEL: join(fashion, 'model'),
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
    });
    const printed = (command: string) => outputs.find(({ code }) => code.includes(command))?.output;
    expect(printed('inception-batch run')).toMatch(/\n3 images of job photos in .*: 3 classified, 0 rejected\n/);
    expect(printed('inception-batch results')).toMatch(/photos\/a bag\.png +│ classified +│ +│ bag /);
    expect(printed('inception-batch status')).toMatch(
      /\n3\/3 images \(100\.0 %\), 0 pending\ncrops: 0 waiting, 0 in flight\n/,
    );
    expect(printed('inception-batch replay')).toMatch(/^late\.jpg: bag [\d.]+ %\ningest: 1 message, 1 row, /m);
    expect(printed('failures ls')).toMatch(/^abandoned +.* yes +1$/m);
    expect(printed('failures retry')).toContain('\n1 dead letter was sent back to the original queue\n');
  });
});
