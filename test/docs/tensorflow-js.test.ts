import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { layerKinds } from '../../model/tensorflow-js/layers/convert-layers.ts';
import { operationKinds } from '../../model/tensorflow-js/operations/convert-operations.ts';
import { repository } from '../support/cli.ts';

const page = readFileSync(join(repository, 'docs/tensorflow-js.md'), 'utf8');

it.each([
  ['Layers', layerKinds],
  ['Operations', [...operationKinds, 'Const', 'Placeholder']],
])('the page about TensorFlow.js lists all %s that are converted', (heading, kinds) => {
  const [, list = ''] = new RegExp(`^${heading}:\\n([^.]+)\\.$`, 'm').exec(page) ?? [];
  expect(list.replaceAll('\\', '').split(/,\s+/).toSorted()).toEqual(kinds.toSorted());
});
