/** `3` for equal sides, else `1×7`. */
export function square(sides: readonly number[]): string {
  return new Set(sides).size === 1 ? String(sides[0]) : sides.join('×');
}

/** With three significant digits: `118 M`. */
export function amount(count: number): string {
  if (count === 0) return '';
  const [unit, name] = count >= 1e9 ? [1e9, ' G'] : count >= 1e6 ? [1e6, ' M'] : count >= 1e3 ? [1e3, ' k'] : [1, ''];
  return `${Number((count / unit).toPrecision(3))}${name}`;
}
