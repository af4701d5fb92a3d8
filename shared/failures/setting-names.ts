/** Settings in errors of the library, which a program and the command give in different ways: the command prints its option. */
export const settingNames = {
  force: 'the force option',
  output: 'the output option',
  overwrite: 'the overwrite option',
  region: 'the region option',
} as const;
