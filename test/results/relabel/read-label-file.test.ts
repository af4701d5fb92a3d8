import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLabelFile } from '../../../results/relabel/read-label-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function csv(text: string): Promise<string> {
  const path = join(temporaryFolder(), 'labels [1].csv');
  await writeFile(path, text);
  return path;
}

describe('readLabelFile', () => {
  it('reads RFC 4180: quotation marks, commas and lines in fields, other columns, a byte order mark', async () => {
    const path = await csv('\uFEFFnote,image,label\r\nx,"a, b.jpg","say ""cat"""\r\n,dir/c.jpg, dog \r\n,0012,1\r\n');
    expect(await readLabelFile(path)).toEqual([
      { image: 'a, b.jpg', label: 'say "cat"' },
      { image: 'dir/c.jpg', label: 'dog' },
      { image: '0012', label: '1' },
    ]);
  });

  it('keeps lines with an empty image or label', async () => {
    expect(await readLabelFile(await csv('image,label\na.jpg,\n,cat\n'))).toEqual([
      { image: 'a.jpg', label: '' },
      { image: '', label: 'cat' },
    ]);
  });

  it.each([
    { name: 'another column', text: 'picture,label\na.jpg,cat\n', message: /no column image, only picture, label/ },
    { name: 'no label', text: 'image\na.jpg\n', message: /no column label/ },
    { name: 'nothing', text: '', message: /columns image and label/ },
    { name: 'a line with more fields', text: 'image,label\na.jpg,cat\nb.jpg,dog,x,y\n', message: /is not valid CSV/ },
  ])('refuses a file with $name in one line', async ({ text, message }) => {
    const error = await readLabelFile(await csv(text)).catch((fault: unknown) => fault);
    if (!(error instanceof Error)) throw new Error('expected an error');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('says what to give if the file is missing', async () => {
    await expect(readLabelFile('/nowhere/labels.csv')).rejects.toThrow('give a folder of class folders or a CSV file');
  });
});
