/**
 * JSON text that any queue accepts, whatever characters a key contains. SQS rejects messages with U+FFFE or U+FFFF, and
 * some services that speak its protocol reject every character above U+FFFF too, so these are escaped.
 */
export function messageJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
