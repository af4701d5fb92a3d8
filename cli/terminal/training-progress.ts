import { SingleBar } from 'cli-progress';
import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import type { TrainingProgress } from '../../model/train/run-epochs.ts';
import { duration } from './words.ts';

/** Shows how far a training is, on stderr: a bar on a terminal, a line now and then elsewhere, and a line each epoch. */
export interface TrainingDisplay {
  show(progress: TrainingProgress): void;
  epoch(record: EpochRecord): void;
  /** Takes the bar away. */
  stop(): void;
}

const barEveryMs = 200;
const lineEveryMs = 10_000;

export function trainingProgress(): TrainingDisplay {
  let begun: { at: number; images: number } | undefined;
  let shown = 0;
  const bar = process.stderr.isTTY ? newBar() : undefined;
  const stop = () => {
    if (bar?.isActive) bar.stop();
  };
  return {
    show(progress) {
      const now = Date.now();
      const { images, imagesOfEpoch } = progress;
      const all = imagesOfEpoch * (progress.epoch - 1) + images;
      if (begun === undefined) [begun, shown] = [{ at: now, images: all }, now];
      if (now - shown < (bar ? barEveryMs : lineEveryMs)) return;
      shown = now;
      const rate = ((all - begun.images) / (now - begun.at)) * 1000;
      const text = progressText(progress, rate, imagesOfEpoch * progress.epochs - all);
      if (bar === undefined) console.error(text);
      else if (bar.isActive) bar.update(images, { text });
      else bar.start(imagesOfEpoch, images, { text });
    },
    epoch(record) {
      stop();
      console.error(epochText(record));
    },
    stop,
  };
}

function newBar(): SingleBar {
  return new SingleBar({
    format: '{bar} {percentage}% | {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 16,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    gracefulExit: false,
  });
}

/** `epoch 3 of 20, loss 0.512, rate 0.098, 340 images/s, 42 min 10 s left`. @param left images of the whole training */
function progressText({ epoch, epochs, loss, learningRate }: TrainingProgress, rate: number, left: number): string {
  const pace = rate > 0 ? `, ${rate.toFixed(rate < 10 ? 1 : 0)} images/s, ${duration((left / rate) * 1000)} left` : '';
  return `epoch ${epoch} of ${epochs}, loss ${loss.toFixed(3)}, rate ${learningRate.toPrecision(2)}${pace}`;
}

function epochText({
  epoch,
  loss,
  accuracy,
  validationLoss,
  validationAccuracy,
  imagesPerSecond,
}: EpochRecord): string {
  const held =
    validationAccuracy === undefined || validationLoss === undefined
      ? ''
      : `; held out: loss ${validationLoss.toFixed(4)}, accuracy ${validationAccuracy.toFixed(4)}`;
  return `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}${held} (${imagesPerSecond.toFixed(0)} images/s)`;
}
