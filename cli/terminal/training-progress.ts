import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import type { TrainingProgress } from '../../model/train/run-epochs.ts';
import { newBar } from './new-bar.ts';
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
const barWidth = 10;
/** Of terminals that do not know theirs. */
const usualWidth = 80;

export function trainingProgress(): TrainingDisplay {
  let begun: { at: number; images: number } | undefined;
  let shown = 0;
  const bar = process.stderr.isTTY ? newBar('{bar} {text}', { barsize: barWidth, clearOnComplete: true }) : undefined;
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
      const room = bar ? (process.stderr.columns || usualWidth) - barWidth - 1 : undefined;
      const text = trainingText(progress, rate, imagesOfEpoch * progress.epochs - all, room);
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

/**
 * `epoch 3/20, 42 min 10 s left, loss 0.512, 340 images/s, rate 0.098`.
 * @param left images of the whole training
 * @param room characters; what does not fit is left out from the end
 */
export function trainingText(
  { epoch, epochs, loss, learningRate }: TrainingProgress,
  rate: number,
  left: number,
  room = Number.POSITIVE_INFINITY,
): string {
  const parts = [
    `epoch ${epoch}/${epochs}`,
    ...(rate > 0 ? [`${duration((left / rate) * 1000)} left`] : []),
    `loss ${loss.toFixed(3)}`,
    ...(rate > 0 ? [imagesPer(rate)] : []),
    `rate ${learningRate.toPrecision(2)}`,
  ];
  while (parts.length > 1 && parts.join(', ').length > room) parts.pop();
  return parts.join(', ');
}

function imagesPer(second: number): string {
  return `${second.toFixed(second < 10 ? 1 : 0)} images/s`;
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
  return `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}${held} (${imagesPer(imagesPerSecond)})`;
}
