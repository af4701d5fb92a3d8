import { settingNames } from '../../shared/failures/setting-names.ts';

/** An error of the library with the options of the command, for example `--region` for "the region option". */
export function nameOptions(message: string): string {
  return Object.entries(settingNames).reduce((text, [name, setting]) => text.replaceAll(setting, `--${name}`), message);
}
