import { expect, it } from 'vitest';
import { simulate } from '../../../bench/simulation/pipeline/outcome.ts';
import { burst } from '../../../bench/simulation/pipeline/scenario.ts';
import { deploymentOf } from './deployments.ts';

const idleDollars = (instanceTypes: string[], spotPercent: number) => {
  const { idleDollars: dollars, idleHours } = simulate(deploymentOf({ instanceTypes, spotPercent }), burst(1));
  return dollars / idleHours;
};

it('instances cost as much as the first type of the group, on demand and on Spot', () => {
  expect(idleDollars(['g6.xlarge', 'g4dn.xlarge'], 0)).toBeCloseTo(0.8048 + 0.005 + (50 * 0.08) / 730);
  expect(idleDollars(['g4dn.xlarge', 'g6.xlarge'], 0)).toBeCloseTo(0.526 + 0.005 + (50 * 0.08) / 730);
  expect(idleDollars(['g6.xlarge', 'g4dn.xlarge'], 100)).toBeCloseTo(0.41 + 0.005 + (50 * 0.08) / 730);
});

it('a group whose first type has no known price is refused', () => {
  expect(() => idleDollars(['g6.4xlarge', 'g6.xlarge'], 0)).toThrow(
    'the simulation has no price for g6.4xlarge: put one of g4dn.xlarge, g5.xlarge, g6.xlarge first',
  );
});
