import { escapeControls } from '../../results/export/escape-controls.ts';

/**
 * Quotes text for a shell command line, if necessary. Characters that a terminal obeys or hides are written as the numbers
 * of their bytes, which bash and zsh read in `$'…'`: printed as they are, they could not be copied.
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const isPrintable = escapeControls(text) === text;
  return isPrintable ? `'${text.replaceAll(`'`, `'\\''`)}'` : `$'${Array.from(text, ansiQuoted).join('')}'`;
}

function ansiQuoted(character: string): string {
  if (character === `'` || character === '\\') return `\\${character}`;
  if (escapeControls(character) === character) return character;
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
