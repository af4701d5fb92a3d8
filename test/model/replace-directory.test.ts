import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkReplaceable, replaceDirectory } from '../../model/replace-directory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const filledWith = (text: string) => (folder: string) => writeFile(join(folder, 'manifest.json'), text);

describe('replacing a model directory', () => {
  it('creates a new folder and its parents', async () => {
    const out = join(temporaryFolder(), 'models/new');
    await replaceDirectory(out, filledWith('new'));
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('new');
  });

  it('fills an empty folder', async () => {
    const out = temporaryFolder();
    await replaceDirectory(out, filledWith('new'));
    expect(await readdir(out)).toEqual(['manifest.json']);
  });

  it('replaces all files of a model, and leaves no temporary files', async () => {
    const parent = temporaryFolder();
    const out = join(parent, 'model');
    await replaceDirectory(out, async (folder) => {
      await filledWith('old')(folder);
      await writeFile(join(folder, 'model.onnx'), 'old');
    });
    await replaceDirectory(out, filledWith('new'));
    expect(await readdir(out)).toEqual(['manifest.json']);
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('new');
    expect(await readdir(parent)).toEqual(['model']);
  });

  it('keeps the old model when writing the new one fails', async () => {
    const parent = temporaryFolder();
    const out = join(parent, 'model');
    await replaceDirectory(out, filledWith('old'));
    const failing = replaceDirectory(out, async (folder) => {
      await filledWith('half')(folder);
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('old');
    expect(await readdir(parent)).toEqual(['model']);
  });

  it('rejects a folder of other files', async () => {
    const out = temporaryFolder();
    await writeFile(join(out, 'thesis.txt'), '');
    await expect(replaceDirectory(out, filledWith('new'))).rejects.toThrow('contains other files and no model');
  });

  it('rejects a model folder with other files', async () => {
    const out = temporaryFolder();
    await filledWith('old')(out);
    await mkdir(join(out, 'notes'));
    await expect(replaceDirectory(out, filledWith('new'))).rejects.toThrow('contains notes next to the model');
  });

  it('rejects a file', async () => {
    const out = join(temporaryFolder(), 'file');
    await writeFile(out, '');
    await expect(replaceDirectory(out, filledWith('new'))).rejects.toThrow('is a file: give a folder');
  });
});

describe('checking a model directory before the work', () => {
  it('refuses an existing model without --overwrite', async () => {
    const out = temporaryFolder();
    await checkReplaceable(out);
    await filledWith('old')(out);
    await expect(checkReplaceable(out)).rejects.toThrow(
      `${out} contains a model: give the overwrite option to replace it`,
    );
    await checkReplaceable(out, true);
  });
});
