/**
 * Characters that a terminal obeys or hides: control characters (C0, DEL, C1), line separators, those that change the
 * direction of text, and invisible ones. The joiners of emoji and of several scripts stay.
 */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u00AD\u2028\u2029\u200B\u2060-\u2064\uFEFF]/gu;

const short: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes characters that would move the cursor, break the line, or make a name look like another one: `\u202e`. */
export function escapeControls(text: string): string {
  return text.replaceAll(
    unsafe,
    (character) => short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
