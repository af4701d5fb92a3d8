import { describe, expect, it } from 'vitest';
import { checkLabelCount, parseLabels, readLabels } from '../../../model/import/labels.ts';

describe('labels', () => {
  it.each([
    ['an id and a name', 'n01440764 tench, Tinca tinca\n', { id: 'n01440764', name: 'tench, Tinca tinca' }],
    ['one word', 'tench\n', { id: 'tench', name: 'tench' }],
    ['Windows line ends', 'n1 tench\r\n', { id: 'n1', name: 'tench' }],
    ['a byte order mark', '\uFEFFn1 tench', { id: 'n1', name: 'tench' }],
    ['spaces around', '  n1   tench  \n\n', { id: 'n1', name: 'tench' }],
  ])('are read from a line of %s', (_, text, label) => {
    expect(parseLabels(text, 'l.txt')).toEqual([label]);
  });

  it('keep their order', () => {
    expect(parseLabels('b two\na one\n', 'l.txt').map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it.each([
    ['an empty file', '', 'l.txt: expected an id and a name in line 1, got nothing'],
    ['an empty line between', 'a one\n\nb two\n', 'l.txt: expected an id and a name in line 2, got nothing'],
    ['an id twice', 'a one\nb two\na three\n', 'l.txt: lines 1 and 3 have the same id a'],
  ])('are refused with %s', (_, text, message) => {
    expect(() => parseLabels(text, 'l.txt')).toThrow(message);
  });

  it('must be as many as the classes', () => {
    const labels = parseLabels('a one\nb two\n', 'l.txt');
    expect(() => checkLabelCount(labels, 2, 'l.txt')).not.toThrow();
    expect(() => checkLabelCount(labels, 1000, 'l.txt')).toThrow(
      'the network has 1000 classes, but l.txt has 2 labels: expected as many',
    );
  });

  it('are refused where the file is missing', async () => {
    await expect(readLabels('no-such.txt')).rejects.toThrow('the label file no-such.txt cannot be read');
  });
});
