const maxLength = 24;

/** Shortens a label and replaces control characters, which could move the cursor; a folder may have any name. */
export function cutLabel(label: string): string {
  const plain = label.replaceAll(/\p{Cc}/gu, '?');
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength - 1)}…`;
}
