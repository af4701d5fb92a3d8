import { describe, expect, it } from 'vitest';
import { checkLabelCount, parseLabels, readLabels } from '../../../model/import/labels.ts';

describe('labels', () => {
  it.each([
    ['an id and a name', 'n01440764 tench, Tinca tinca\n', { id: 'n01440764', name: 'tench, Tinca tinca' }],
    ['one word', 'tench\n', { id: 'tench', name: 'tench' }],
    ['Windows line ends', 'n1 tench\r\n', { id: 'n1', name: 'tench' }],
    ['a byte order mark', '\uFEFFn1 tench', { id: 'n1', name: 'tench' }],
    ['spaces around', '  n1   tench  \n\n', { id: 'n1', name: 'tench' }],
  ])('are read from a line with %s', (_, text, label) => {
    expect(parseLabels(text, 'l.txt')).toEqual([label]);
  });

  it('keep their order', () => {
    expect(parseLabels('b two\na one\n', 'l.txt').map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it.each([
    ['an empty file', '', 'l.txt: line 1 is empty: give an id and a name'],
    ['an empty line', 'a one\n\nb two\n', 'l.txt: line 2 is empty: give an id and a name'],
    ['the bytes of an image', '\u0000\uFFFDJFIF', 'l.txt is not a text file: give one class per line'],
    ['a duplicate id', 'a one\nb two\na three\n', 'l.txt: lines 1 and 3 have the same id a'],
  ])('are rejected with %s', (_, text, message) => {
    expect(() => parseLabels(text, 'l.txt')).toThrow(message);
  });

  it('must match the number of classes', () => {
    const labels = parseLabels('a one\nb two\n', 'l.txt');
    expect(() => checkLabelCount(labels, 2, 'l.txt')).not.toThrow();
    expect(() => checkLabelCount(labels, 1000, 'l.txt')).toThrow(
      "the network has 1000 classes, but l.txt has 2 labels: give one label per class, in the network's order",
    );
    expect(() => checkLabelCount(labels, 1, 'l.txt')).toThrow(/order; is the first line a heading/);
  });

  it('are rejected if the file is missing', async () => {
    await expect(readLabels('no-such.txt')).rejects.toThrow('the label file no-such.txt cannot be read');
  });
});
