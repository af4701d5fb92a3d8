/**
 * JSON text that any queue takes, whatever key is in it. SQS refuses a message with U+FFFE or U+FFFF, and some that
 * speak its protocol refuse every character beyond U+FFFF as well: these are escaped, which JSON allows for all.
 */
export function messageJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
