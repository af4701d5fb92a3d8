import { expect, it, vi } from 'vitest';
import { printDetector } from '../../../cli/terminal/print-detector.ts';

function printed(change: Partial<Parameters<typeof printDetector>[0]> = {}): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const precision = { at50: 0.7123, deviation: 0.051, coco: 0.31 };
  const labels = [
    { label: 'cat', objects: 9, averagePrecision: 0.75 },
    { label: 'dog', objects: 4, averagePrecision: 0.5 },
  ];
  const crossValidation = {
    ...{ folds: 5, tested: 12, proposals: precision, wholeImage: { ...precision, at50: 0.2 }, labels },
    regression: { ...precision, at50: 0.72 },
    kept: { objects: 13, found: 7, falseBoxes: 2 },
  };
  printDetector(
    {
      ...{ model: 'own@1', directory: 'own', finetunedFrom: 'tiny@1', images: 12, proposed: 0.985, clipped: 1 },
      ...{ folder: 'my photos', regions: 150 },
      ...{
        labels,
        objectRegions: 50,
        backgroundRegions: 200,
        hasBoxRegression: true,
        converged: true,
        crossValidation,
      },
      leftOut: [
        { name: 'gone.jpg', reason: 'not_found' },
        { name: 'a.jpg: box', reason: 'empty_box' },
      ],
      ...change,
    },
    80,
  );
  const text = log.mock.calls.map(([line]) => line).join('\n');
  log.mockRestore();
  return text;
}

it('prints the precision next to that of the baseline, and which boxes the model has', () => {
  const text = printed();
  expect(text).toContain('own@1 in own, finetuned from tiny@1\n');
  expect(text).toContain('not used: 1 not_found, 1 empty_box (gone.jpg, a.jpg: box)\n1 box was cut at the edges');
  expect(text).toContain(
    '12 images with 13 objects of 2 labels; proposals and whole images find 98.5 % of the objects',
  );
  expect(text).toMatch(/whole image \(baseline\) +0\.200 ± 0\.051 +0\.310\n/);
  expect(text).toMatch(/boxes as proposed +0\.712 ± 0\.051 +0\.310\n/);
  expect(text).toMatch(/boxes moved by regression +0\.720 ± 0\.051 +0\.310 +in the model/);
  expect(text).toMatch(/dog +4 +0\.500\ncat +9 +0\.750/);
  expect(text).not.toContain('converge');
});

it('says that the fit did not converge, and that the boxes are the proposed ones', () => {
  const text = printed({ converged: false, hasBoxRegression: false, leftOut: [], clipped: 0 });
  expect(text).toMatch(/boxes as proposed .* in the model/);
  expect(text).toContain('the fit did not converge: more images per label');
  expect(text).not.toContain('not used');
});

it('says what a run keeps at its threshold, and which command to run', () => {
  const text = printed();
  expect(text).toContain(
    '"run --regions 150" keeps those from 0.5 on: 7 of 13 objects found, 2 false boxes (cross-validated, overlap 0.5)\n',
  );
  expect(text).toMatch(/\nFind objects in images: npx inception-batch run 'my photos' --model own --regions 150$/);
});
