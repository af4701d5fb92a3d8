import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trainingProgress, trainingText } from '../../../cli/terminal/training-progress.ts';
import type { TrainingProgress } from '../../../model/train/run-epochs.ts';
import { historyOf } from '../../model/train/report/history.ts';

const progress: TrainingProgress = {
  ...{ epoch: 3, epochs: 20, images: 1000, imagesOfEpoch: 58_784, loss: 0.51234, learningRate: 0.0975 },
};

describe('trainingText', () => {
  it.each([
    { room: undefined, text: 'epoch 3/20, 48m 20s left, loss 0.512, 340 images/s, rate 0.098' },
    { room: 62, text: 'epoch 3/20, 48m 20s left, loss 0.512, 340 images/s, rate 0.098' },
    { room: 61, text: 'epoch 3/20, 48m 20s left, loss 0.512, 340 images/s' },
    { room: 35, text: 'epoch 3/20, 48m 20s left' },
    { room: 3, text: 'epoch 3/20' },
  ])('gives in $room characters: $text', ({ room, text }) => {
    expect(trainingText(progress, 340, 340 * 2900, room)).toBe(text);
  });

  it('omits an unknown speed, and prints a low one with a decimal', () => {
    expect(trainingText(progress, 0, 5000)).toBe('epoch 3/20, loss 0.512, rate 0.098');
    expect(trainingText(progress, 0.52, 52)).toContain(', 0.5 images/s, ');
  });
});

describe('trainingProgress without a terminal', () => {
  let printed: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    printed = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => printed.push(line));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('prints a line every ten seconds with the time left of the whole training, and one per epoch', () => {
    const display = trainingProgress();
    const [first, second] = historyOf([2, 1], [1.5]);
    for (const epoch of [1, 2]) {
      for (let images = 100; images <= 1500; images += 100) {
        display.show({ ...progress, epoch, epochs: 2, images, imagesOfEpoch: 1500 });
        vi.advanceTimersByTime(1000);
      }
      const record = epoch === 1 ? first : second;
      if (record !== undefined) display.epoch(record);
    }
    display.stop();
    expect(printed).toEqual([
      'epoch 1/2, 19s left, loss 0.512, 100 images/s, rate 0.098',
      'epoch 1: loss 2.0000, accuracy 0.1353; held-out loss 1.5000, accuracy 0.2231 (256 images/s)',
      'epoch 2/2, 9s left, loss 0.512, 100 images/s, rate 0.098',
      'epoch 2: loss 1.0000, accuracy 0.3679 (256 images/s)',
    ]);
  });

  it('measures the speed of a resumed training from the resumption on', () => {
    const display = trainingProgress();
    display.show({ ...progress, images: 10_000 });
    vi.advanceTimersByTime(10_000);
    display.show({ ...progress, images: 10_500 });
    expect(printed).toEqual([expect.stringContaining(', 50 images/s, ')]);
  });
});
