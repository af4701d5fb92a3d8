import { afterEach, describe, expect, it, vi } from 'vitest';
import { printFinetune } from '../../../cli/terminal/print-finetune.ts';
import { confusionOf } from '../../../model/finetune/confusion.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lines on fits that were stopped. */
function stoppedLines(converged: boolean, folds: readonly boolean[]): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const answers = [
    { own: 0, given: 0 },
    { own: 1, given: 1 },
  ];
  printFinetune(
    {
      ...{ model: 'own@1', directory: 'own', finetunedFrom: 'tiny@1', images: 2, stored: 2, computed: 0, leftOut: [] },
      labels: ['a', 'b'].map((label) => ({ label, images: 1 })),
      ...{ strength: 1, converged },
      crossValidation: {
        ...{ accuracy: 1, deviation: 0, tested: 2, guessing: 0.5, confusion: confusionOf(['a', 'b'], answers) },
        folds: folds.map((own) => ({ images: 1, accuracy: 1, strength: 1, converged: own })),
      },
    },
    undefined,
  );
  return print.mock.calls.map(([text]) => String(text)).filter((line) => line.includes('stopped'));
}

describe('what was learnt', () => {
  it.each([
    { converged: false, folds: [true, true], says: 'the fit of the model was stopped' },
    { converged: true, folds: [true, false], says: 'the fit of 1 of 2 folds was stopped' },
    { converged: false, folds: [false, false], says: 'the fit of the model and of 2 of 2 folds was stopped' },
  ])('is printed with a line for fits that did not end: $says', ({ converged, folds, says }) => {
    expect(stoppedLines(converged, folds)).toEqual([expect.stringContaining(says)]);
  });

  it('is printed without one where all did', () => {
    expect(stoppedLines(true, [true, true])).toEqual([]);
  });
});
