import { expect, it } from 'vitest';
import { checkNode } from '../../../shared/deployment/check-node.ts';

it.each(['20.20.2', '22.21.0', '9.0.0'])('Node %s is refused with what to install', (version) => {
  expect(() => checkNode(version)).toThrow(
    `inception-batch needs Node 24 or later, but this is Node ${version}: install it from https://nodejs.org`,
  );
});

it.each(['24.0.0', '26.1.0-nightly', process.versions.node])('Node %s is accepted', (version) => {
  expect(() => checkNode(version)).not.toThrow();
});
