const longest = 24;

/** A label as terminals can take it: short, and with nothing in it (folders may be called anything) that moves the cursor. */
export function cutLabel(label: string): string {
  const plain = label.replaceAll(/\p{Cc}/gu, '?');
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1)}…`;
}
