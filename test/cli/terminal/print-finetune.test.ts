import { afterEach, describe, expect, it, vi } from 'vitest';
import { printFinetune } from '../../../cli/terminal/print-finetune.ts';
import { confusionOf } from '../../../model/finetune/confusion.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Printed lines about fits that did not converge. */
function unconvergedLines(converged: boolean, folds: readonly boolean[]): string[] {
  return printedLines({ converged, folds, crops: 1 }).filter((line) => line.includes('converge'));
}

interface Report {
  readonly converged: boolean;
  readonly folds: readonly boolean[];
  readonly crops: number;
  readonly layers?: number;
  readonly layersChosen?: boolean;
}

function printedLines({ converged, folds, crops, layers = 1, layersChosen = false }: Report): string[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const tested = [
    { actual: 0, predicted: 0 },
    { actual: 1, predicted: 1 },
  ];
  printFinetune(
    {
      ...{ model: 'own@1', directory: 'own', finetunedFrom: 'tiny@1', images: 2, stored: 2, computed: 0, leftOut: [] },
      labels: ['a', 'b'].map((label) => ({ label, images: 1 })),
      ...{ strength: 1, converged, learnedCrops: 10, crops, embeddingSize: 8, layers, layersChosen },
      crossValidation: {
        ...{ accuracy: 1, deviation: 0, tested: 2, guessing: 0.5, confusion: confusionOf(['a', 'b'], tested) },
        folds: folds.map((fold) => ({ images: 1, accuracy: 1, strength: 1, embeddingSize: 8, converged: fold })),
      },
    },
    undefined,
  );
  const lines = print.mock.calls.map(([text]) => String(text));
  print.mockRestore();
  return lines;
}

describe('printFinetune', () => {
  it.each([
    { converged: false, folds: [true, true], text: 'the fit of the model did not converge' },
    { converged: true, folds: [true, false], text: 'the fit of 1 of 2 folds did not converge' },
    { converged: false, folds: [false, false], text: 'the fit of the model and of 2 of 2 folds did not converge' },
  ])('reports fits that did not converge: $text', ({ converged, folds, text }) => {
    expect(unconvergedLines(converged, folds)).toEqual([expect.stringContaining(text)]);
  });

  it('says how often the network runs per image', () => {
    const [one, ten] = [1, 10].map((crops) => printedLines({ converged: true, folds: [true], crops }).join('\n'));
    expect(one).toContain('learned from 10 crops per image; the model runs the network once per image');
    expect(ten).toContain('averages 10 crops: runs the network 10 times per image');
  });

  it('says which layers are read if they were chosen, and what a longer embedding means for stored rows', () => {
    const print = (options: Partial<Report>) => printedLines({ converged: true, folds: [true], crops: 1, ...options });
    expect(print({ layersChosen: true })).toContain('reads one inception module: three were not more accurate');
    expect(print({ layersChosen: true, layers: 3 })).toEqual(
      expect.arrayContaining([
        'reads 3 inception modules, which were more accurate than one: rows store 8 numbers each',
        'stored rows cannot be relabeled by it: give --layers 1 or --store for a model that can',
      ]),
    );
    expect(print({}).join('\n')).not.toContain('inception module');
  });

  it('prints no such line if all fits converged', () => {
    expect(unconvergedLines(true, [true, true])).toEqual([]);
  });
});
