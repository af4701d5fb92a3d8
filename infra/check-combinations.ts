import { UserError } from '../shared/failures/user-error.ts';
import { cpuType, cpuTypesText, gpuType, gpuTypesText, sizeOf } from './instance-types.ts';

interface CombinedSettings {
  readonly classifier: 'gpu' | 'cpu' | 'lambda';
  readonly instanceTypes: readonly string[];
  readonly maxWorkers: number;
  readonly egress: string;
}

const workerSettings = [
  'instanceTypes',
  'spotPercent',
  'imagesPerWorker',
  'batchSize',
  'vpc',
  'vpcSubnets',
  'subnets',
  'egress',
  'npmRegistry',
  'nugetFeed',
  'caBundle',
];

/** @throws {UserError} if two settings contradict each other, or one has no effect */
export function checkCombinations(
  { classifier, instanceTypes, maxWorkers, egress }: CombinedSettings,
  given: readonly string[],
  prefix: string,
): void {
  if (given.includes('dropKey') && !given.includes('dropBucket')) {
    throw new UserError(`${prefix}: give dropKey only with dropBucket: a bucket that is created here has no other key`);
  }
  if (given.includes('vpc') && egress !== 'public') {
    throw new UserError(
      `${prefix}: omit egress "${egress}" when vpc is given: it applies only to a VPC that is created here`,
    );
  }
  if (classifier !== 'lambda') checkTypes(classifier, instanceTypes, prefix);
  if (classifier === 'cpu' && given.includes('nugetFeed')) {
    throw new UserError(`${prefix}: omit nugetFeed: no effect with classifier "cpu"`);
  }
  if (classifier !== 'lambda') return;
  if (maxWorkers < 2) {
    throw new UserError(`${prefix}: give maxWorkers of at least 2 with classifier "lambda"`);
  }
  const unused = given.filter((name) => workerSettings.includes(name));
  if (unused.length === 0) return;
  throw new UserError(`${prefix}: omit ${unused.join(' and ')}: no effect with classifier "lambda"`);
}

/** @throws {UserError} for a GPU where none is used, a type without one, or CPUs of different sizes */
function checkTypes(classifier: 'gpu' | 'cpu', types: readonly string[], prefix: string): void {
  const wrong = types.filter((type) => !(classifier === 'gpu' ? gpuType : cpuType).test(type));
  if (wrong.length > 0) {
    const valid = classifier === 'gpu' ? gpuTypesText : cpuTypesText;
    throw new UserError(
      `${prefix}: ${wrong.join(' and ')} cannot be used with classifier "${classifier}": give ${valid}`,
    );
  }
  if (classifier === 'cpu' && new Set(types.map(sizeOf)).size > 1) {
    throw new UserError(
      `${prefix}: ${types.join(' and ')} have different sizes: give instanceTypes of one size, since all workers have the same memory limit`,
    );
  }
}
