import { expect, it } from 'vitest';
import { limitOf } from '../../../../bench/accelerator/report/limit.ts';

it('the slower part limits the pipeline, and a slow feed is told in cores', () => {
  expect(limitOf('cuda', { network: 90, feed: 300, cores: 2 })).toEqual({ limit: 'network' });
  expect(limitOf('cuda', { network: 5000, feed: 300, cores: 2 })).toEqual({
    limit: 'feed',
    advice: '34 cores like those of this machine would feed the network',
  });
});

it('on the CPU both parts share the cores', () => {
  expect(limitOf('cpu', { network: 5000, feed: 300, cores: 2 })).toEqual({ limit: 'cores' });
});
