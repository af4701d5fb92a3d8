import { Option } from 'commander';
import { decodeRules } from '../../../shared/models/decode-rule.ts';

/** Of every command that writes how a model decodes images. @param otherwise what happens without the option */
export function decodeOption(otherwise: string): Option {
  const about = `exact: resize all pixels; scaled: let the decoder shrink large JPEGs first, which is faster (default: ${otherwise})`;
  return new Option('--decode <rule>', about).choices(decodeRules);
}
