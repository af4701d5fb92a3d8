import { describe, expect, it } from 'vitest';
import { reducePackage } from '../../../../lambdas/classify/image/reduce-lock.ts';

const manifest = { name: 'whole', version: '1.2.3', dependencies: { a: '^1.0.0', b: '^2.0.0', c: '^3.0.0' } };
const lock = {
  lockfileVersion: 3,
  packages: {
    '': { dependencies: manifest.dependencies },
    'node_modules/a': { version: '1.1.0', dependencies: { shared: '^1.0.0', deep: '^1.0.0' } },
    'node_modules/a/node_modules/shared': { version: '1.5.0', dependencies: { deep: '^1.0.0' } },
    'node_modules/b': { version: '2.0.1', optionalDependencies: { shared: '^2.0.0', elsewhere: '1' } },
    'node_modules/c': { version: '3.0.0', dependencies: { big: '*' } },
    'node_modules/big': { version: '9.0.0' },
    'node_modules/deep': { version: '1.0.7', dependencies: { a: '^1.0.0' } },
    'node_modules/shared': { version: '2.0.0' },
  },
};

describe('reducePackage', () => {
  it('keeps what is wanted and what that needs, where Node finds it, at the locked versions', () => {
    const reduced = reducePackage(manifest, lock, ['a']);
    const { '': own, ...packages } = reduced.lock.packages;
    expect(packages).toEqual({
      'node_modules/a': lock.packages['node_modules/a'],
      'node_modules/a/node_modules/shared': lock.packages['node_modules/a/node_modules/shared'],
      'node_modules/deep': lock.packages['node_modules/deep'],
    });
    expect(own).toEqual(reduced.manifest);
    expect(reduced.manifest).toMatchObject({ name: 'whole-worker', version: '1.2.3', dependencies: { a: '^1.0.0' } });
    expect(reduced.lock).toMatchObject({ lockfileVersion: 3, name: 'whole-worker' });
  });

  it('keeps what is optional where the lock has it', () => {
    expect(Object.keys(reducePackage(manifest, lock, ['b']).lock.packages)).toEqual([
      '',
      'node_modules/b',
      'node_modules/shared',
    ]);
  });

  it('refuses what is loaded but no dependency, and a lock in which something is missing', () => {
    expect(() => reducePackage(manifest, lock, ['deep'])).toThrow(
      'deep is loaded, but is no dependency in package.json',
    );
    const torn = { packages: { 'node_modules/a': lock.packages['node_modules/a'] } };
    expect(() => reducePackage(manifest, torn, ['a'])).toThrow('shared, needed by node_modules/a, is not locked');
  });
});
