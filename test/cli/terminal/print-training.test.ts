import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TrainingReport } from '../../../cli/engine/train/training-report.ts';
import { printTraining } from '../../../cli/terminal/print-training.ts';
import { historyOf } from '../../model/train/report/history.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const mistake = (label: string, given: string, images: number) => ({ label, given, images });
const report: TrainingReport = {
  ...{ model: 'bars@0123456789ab', directory: 'out', trainedFrom: 'lenet5@ba9876543210', labels: 10 },
  images: { train: 58_800, validation: 1200, test: 10_000 },
  ...{ leftOut: [], alone: [], parameters: 690_748, provider: 'cpu', trained: 10_250, updates: 20_196 },
  ...{ seconds: 4320, imagesPerSecond: 298.4, peakMemoryBytes: 1159 * 2 ** 20 },
  history: historyOf([2, 1, 0.5], [1.5, 0.9]),
  test: {
    ...{ accuracy: 0.9413, loss: 0.1656 },
    mistakes: [
      ...[mistake('shirt', 'T-shirt/top', 81), mistake('T-shirt/top', 'shirt', 61), mistake('shirt', 'coat', 48)],
      ...[mistake('ankle boot', 'sneaker', 41), mistake('pullover', 'shirt', 38), mistake('dress', 'shirt', 20)],
    ],
  },
  ...{ batch: 64, rate: 0.1, updatesPerEpoch: 918, warnings: [] },
  imagesPerLabel: { fewest: 6000, median: 6000, most: 6000 },
  ...{ plot: 'out.training/history.svg', csv: 'out.training/history.csv' },
};

function lines(printed: TrainingReport, columns?: number): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  print.mockClear();
  printTraining(printed, columns);
  return print.mock.calls.flatMap(([text]) => String(text).split('\n'));
}

describe('printTraining', () => {
  it('prints a row per epoch, the test accuracy and the most frequent mistakes', () => {
    expect(lines(report)).toEqual([
      'bars@0123456789ab in out, trained from lenet5@ba9876543210',
      '58,800 images of 10 labels, 1,200 held out; 10,250 of 690,748 parameters trained',
      '3 epochs, 20,196 updates in 1h 12m (298 images/s), 1159 MiB peak memory',
      '',
      'epoch  rate    loss  accuracy  held-out loss  accuracy',
      '────────────────────────────────────────────────────────',
      '    1  0.10  2.0000    0.1353         1.5000    0.2231',
      '    2  0.10  1.0000    0.3679         0.9000    0.4066',
      '    3  0.10  0.5000    0.6065',
      '',
      'accuracy on 10,000 test images: 0.9413 (loss 0.1656)',
      'most often wrong: shirt as T-shirt/top 81×, T-shirt/top as shirt 61×, shirt as coat 48×, ankle boot as sneaker 41×, ' +
        'pullover as shirt 38×',
      '',
      'loss and accuracy by epoch: out.training/history.svg and out.training/history.csv',
    ]);
  });

  it('fits into 80 columns, also after hundreds of epochs', () => {
    const losses = Array.from({ length: 300 }, (_, index) => 200 / (index + 1));
    const printed = lines(
      { ...report, history: historyOf(losses, losses), plot: 'history.svg', csv: 'history.csv' },
      80,
    );
    for (const line of printed) expect(line.length, line).toBeLessThanOrEqual(80);
    const epochs = printed.filter((line) => /^ +(\d+|…)/.test(line)).map((line) => line.trim().split(' ')[0]);
    expect(epochs).toEqual(['1', '2', '3', '…', '294', '295', '296', '297', '298', '299', '300']);
    expect(printed).toContain('most often wrong: shirt as T-shirt/top 81×, T-shirt/top as shirt 61×');
  });

  it('prints at least one mistake on a narrow terminal, and none without a test', () => {
    expect(lines(report, 10)).toContain('most often wrong: shirt as T-shirt/top 81×');
    const { test: _, ...untested } = report;
    expect(lines(untested, 80).join('\n')).not.toMatch(/test image|wrong/);
  });

  it('reports skipped images and labels that could not be held out', () => {
    const alone = ['oak', 'elm', 'ash', 'yew', 'fir', 'box', 'bay'];
    const printed = lines({
      ...report,
      alone,
      leftOut: [{ name: 'beside.png', reason: 'no_label' }],
      imagesPerSecond: 0.42,
    });
    expect(printed[1]).toMatch(/^1 .*; --json lists them$/);
    expect(printed[2]).toBe('labels with only one image, which is never held out: oak, elm, ash, yew, fir and 2 more');
    expect(printed[4]).toContain('(0.4 images/s)');
  });

  it('prints one epoch in the singular, and escapes control characters in labels', () => {
    const mistakes = [mistake('up\u001b[2A\n', 'x'.repeat(40), 3)];
    const printed = lines({
      ...report,
      history: historyOf([2]),
      alone: ['\u001b[2J'],
      test: { accuracy: 0, loss: 9, mistakes },
    });
    expect(printed.join('\n')).not.toContain('\u001b');
    expect(printed).toEqual(
      expect.arrayContaining([
        'labels with only one image, which is never held out: ?[2J',
        expect.stringMatching(/^1 epoch, /),
        `most often wrong: up?[2A? as ${'x'.repeat(23)}… 3×`,
      ]),
    );
  });
});
