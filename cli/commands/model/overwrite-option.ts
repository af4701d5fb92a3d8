import { Option } from 'commander';

/** Of every command that writes a model. */
export function overwriteModelOption(): Option {
  return new Option('--overwrite', 'replace the model of --out if it exists');
}
