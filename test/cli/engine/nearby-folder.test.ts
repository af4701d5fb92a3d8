import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSource } from '../../../cli/engine/locations.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('suggests the folder next to a missing one, and no file', async () => {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'photos'));
  await writeFile(join(folder, 'birds'), '');
  await expect(openSource(join(folder, 'fotos'), {})).rejects.toThrow(
    `no such folder: ${join(folder, 'fotos')} (did you mean ${join(folder, 'photos')}?)`,
  );
  await expect(openSource(join(folder, 'bird'), {})).rejects.toThrow(/^no such folder: \S+bird$/);
  await expect(openSource(join(folder, 'absent/x'), {})).rejects.toThrow(/^no such folder: \S+x$/);
});
