import type { EpochRecord } from '../../model/train/report/epoch-record.ts';
import type { TrainingProgress } from '../../model/train/run-epochs.ts';
import { duration } from './duration.ts';
import { newBar } from './new-bar.ts';
import { barEveryMs, lineEveryMs, type Progress } from './progress-display.ts';
import { rateText } from './rate-text.ts';

/** Progress of training on stderr: a bar on a terminal, otherwise a line every ten seconds; and a line per epoch. */
export interface TrainingDisplay extends Progress {
  show(progress: TrainingProgress): void;
  epoch(record: EpochRecord): void;
}

const barWidth = 10;
/** For terminals that do not report their width. */
const defaultWidth = 80;

export function trainingProgress(): TrainingDisplay {
  let start: { at: number; images: number } | undefined;
  let shownAt = 0;
  const bar = process.stderr.isTTY ? newBar('{bar} {text}', { barsize: barWidth, clearOnComplete: true }) : undefined;
  const stop = () => {
    if (bar?.isActive) bar.stop();
  };
  return {
    show(progress) {
      const now = performance.now();
      const { images, imagesOfEpoch } = progress;
      const all = imagesOfEpoch * (progress.epoch - 1) + images;
      if (start === undefined) [start, shownAt] = [{ at: now, images: all }, now];
      if (now - shownAt < (bar ? barEveryMs : lineEveryMs)) return;
      shownAt = now;
      const rate = ((all - start.images) / (now - start.at)) * 1000;
      const room = bar ? (process.stderr.columns || defaultWidth) - barWidth - 1 : undefined;
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
 * `epoch 3/20, 42m 10s left, loss 0.512, 340 images/s, rate 0.098`.
 * @param rate images per second
 * @param left remaining images of the whole training
 * @param room available characters; fields that do not fit are dropped from the end
 */
export function trainingText(
  { epoch, epochs, loss, learningRate }: TrainingProgress,
  rate: number,
  left: number,
  room = Number.POSITIVE_INFINITY,
): string {
  const fields = [
    `epoch ${epoch}/${epochs}`,
    ...(rate > 0 ? [`${duration((left / rate) * 1000)} left`] : []),
    `loss ${loss.toFixed(3)}`,
    ...(rate > 0 ? [rateText(rate, ' images')] : []),
    `rate ${learningRate.toPrecision(2)}`,
  ];
  while (fields.length > 1 && fields.join(', ').length > room) fields.pop();
  return fields.join(', ');
}

function epochText({
  epoch,
  loss,
  accuracy,
  validationLoss,
  validationAccuracy,
  imagesPerSecond,
}: EpochRecord): string {
  const heldOut =
    validationAccuracy === undefined || validationLoss === undefined
      ? ''
      : `; held-out loss ${validationLoss.toFixed(4)}, accuracy ${validationAccuracy.toFixed(4)}`;
  return `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}${heldOut} (${rateText(imagesPerSecond, ' images')})`;
}
