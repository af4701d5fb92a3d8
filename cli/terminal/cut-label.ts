/** Shortens a name and replaces control characters, which could move the cursor: a folder may have any name. */
export function cutLabel(label: string, maxLength = 24): string {
  const plain = label.replaceAll(/\p{Cc}/gu, '?');
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength - 1)}…`;
}
