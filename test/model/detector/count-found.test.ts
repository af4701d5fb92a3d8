import { expect, it } from 'vitest';
import { countFound } from '../../../model/detector/evaluate/count-found.ts';

const box = { image: 'a', label: 'cat', x: 0, y: 0, width: 100, height: 100 };
const detection = { ...box, probability: 0.9 };

it('counts found objects, and as false the boxes elsewhere, of another label and again on the same object', () => {
  const truth = [box, { ...box, x: 200 }, { ...box, image: 'b' }];
  const detections = [
    { ...detection, width: 51 },
    { ...detection, probability: 0.8 },
    { ...detection, x: 400 },
    { ...detection, image: 'b', label: 'dog' },
    { ...detection, image: 'b', width: 49 },
  ];
  expect(countFound(detections, truth)).toEqual({ objects: 3, found: 1, falseBoxes: 4 });
});

it('counts no exempt objects, and no boxes on them', () => {
  const truth = [box, { ...box, x: 200, exempt: 'difficult' as const }];
  expect(countFound([{ ...detection, x: 200 }], truth)).toEqual({ objects: 1, found: 0, falseBoxes: 0 });
  expect(countFound([], [])).toEqual({ objects: 0, found: 0, falseBoxes: 0 });
});
