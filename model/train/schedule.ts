/** How the learning rate goes down. */
export interface Schedule {
  /** `step`: by a factor every so many epochs, as the paper has it. `cosine`: along half a wave to 0 (Loshchilov and Hutter 2017). */
  readonly kind: 'step' | 'cosine';
  readonly rate: number;
  readonly epochs: number;
  /** Of `step`: the paper has 0.96 every 8 epochs. */
  readonly factor: number;
  readonly every: number;
}

/** Share of the training in which a cosine schedule rises from 0 (Goyal et al. 2017, section 2.2). */
const rise = 0.05;

/** @param epoch how many have passed, with a fraction */
export function learningRateAt({ kind, rate, epochs, factor, every }: Schedule, epoch: number): number {
  if (kind === 'step') return rate * factor ** Math.floor(epoch / every);
  const done = Math.min(1, epoch / epochs);
  if (done < rise) return (rate * done) / rise;
  return (rate * (1 + Math.cos((Math.PI * (done - rise)) / (1 - rise)))) / 2;
}
