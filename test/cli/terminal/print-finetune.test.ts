import { afterEach, describe, expect, it, vi } from 'vitest';
import { printFinetune } from '../../../cli/terminal/print-finetune.ts';
import { confusionOf } from '../../../model/finetune/confusion.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Printed lines about fits that did not converge. */
function unconvergedLines(converged: boolean, folds: readonly boolean[]): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const tested = [
    { actual: 0, predicted: 0 },
    { actual: 1, predicted: 1 },
  ];
  printFinetune(
    {
      ...{ model: 'own@1', directory: 'own', finetunedFrom: 'tiny@1', images: 2, stored: 2, computed: 0, leftOut: [] },
      labels: ['a', 'b'].map((label) => ({ label, images: 1 })),
      ...{ strength: 1, converged },
      crossValidation: {
        ...{ accuracy: 1, deviation: 0, tested: 2, guessing: 0.5, confusion: confusionOf(['a', 'b'], tested) },
        folds: folds.map((fold) => ({ images: 1, accuracy: 1, strength: 1, converged: fold })),
      },
    },
    undefined,
  );
  return print.mock.calls.map(([text]) => String(text)).filter((line) => line.includes('converge'));
}

describe('printFinetune', () => {
  it.each([
    { converged: false, folds: [true, true], text: 'the fit of the model did not converge' },
    { converged: true, folds: [true, false], text: 'the fit of 1 of 2 folds did not converge' },
    { converged: false, folds: [false, false], text: 'the fit of the model and of 2 of 2 folds did not converge' },
  ])('reports fits that did not converge: $text', ({ converged, folds, text }) => {
    expect(unconvergedLines(converged, folds)).toEqual([expect.stringContaining(text)]);
  });

  it('prints no such line if all fits converged', () => {
    expect(unconvergedLines(true, [true, true])).toEqual([]);
  });
});
