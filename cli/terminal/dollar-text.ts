/** Dollars with two decimals; what rounds to nothing is not free. */
export function dollarText(dollars: number): string {
  return isLess(dollars) ? 'less than $0.01' : `$${dollars.toFixed(2)}`;
}

/** The same without the unit, for a column of dollars. */
export function centsText(dollars: number): string {
  return isLess(dollars) ? '<0.01' : dollars.toFixed(2);
}

function isLess(dollars: number): boolean {
  return dollars > 0 && dollars < 0.005;
}
