import { expect, it } from 'vitest';
import { nameOptions } from '../../../cli/terminal/name-options.ts';
import { settingNames } from '../../../shared/failures/setting-names.ts';

it.each(Object.entries(settingNames))('--%s is printed for %s', (name, setting) => {
  expect(nameOptions(`out: give ${setting}, or ${setting}`)).toBe(`out: give --${name}, or --${name}`);
});

it('keeps any other text', () => {
  expect(nameOptions('the region of the bucket')).toBe('the region of the bucket');
});
