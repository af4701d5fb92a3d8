/**
 * Characters that a terminal obeys or hides: control characters (C0, DEL, C1), line separators, those that change the
 * direction of text, and invisible ones. The joiners of emoji and of several scripts stay, and the selector of emoji.
 */
const unsafe = /(?!\u200C|\u200D|\uFE0F)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

const short: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Escapes characters that would move the cursor, break the line, or make a name look like another one: `\u202e`. The escapes
 * are those of JSON, so that they mean the same inside its texts.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(unsafe, (character) => short[character] ?? codeUnits(character));
}

/** Escapes the control characters of every line of a text. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

/** A character outside the basic plane has two. */
function codeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const hex = character.charCodeAt(index).toString(16);
    return `\\u${hex.padStart(4, '0')}`;
  }).join('');
}
