import { describe, expect, it } from 'vitest';
import { assignLabel, nearestObject } from '../../../../model/detector/train/assign-classes.ts';

const cat = { label: 'cat', x: 0, y: 0, width: 100, height: 100 };
const dog = { label: 'dog', x: 200, y: 0, width: 100, height: 100 };

describe('assignLabel', () => {
  it.each([
    ['an object', 'cat', { x: 0, y: 0, width: 100, height: 60 }],
    ['the object that it overlaps most', 'dog', { x: 200, y: 0, width: 90, height: 90 }],
    ['neither an object nor background', null, { x: 0, y: 0, width: 100, height: 59 }],
    ['neither an object nor background', null, { x: 0, y: 0, width: 100, height: 30 }],
    ['background', undefined, { x: 0, y: 0, width: 100, height: 29 }],
    ['background', undefined, { x: 120, y: 0, width: 20, height: 20 }],
  ])('takes a region as %s', (_, label, box) => {
    expect(assignLabel(box, [cat, dog])).toBe(label);
  });

  it('takes every region of an image without objects as background', () => {
    expect(assignLabel(cat, [])).toBeUndefined();
  });

  it.each(['difficult', 'crowd'] as const)('takes no region inside a %s object as background', (exempt) => {
    const inside = { x: 10, y: 10, width: 20, height: 20 };
    expect(assignLabel(inside, [{ ...cat, exempt }])).toBeNull();
    expect(assignLabel({ ...inside, x: 90 }, [{ ...cat, exempt }])).toBeNull();
    expect(assignLabel({ ...inside, x: 91 }, [{ ...cat, exempt }])).toBeUndefined();
    expect(nearestObject(inside, [{ ...cat, exempt }])).toBeUndefined();
  });
});
