/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One line: the finding, and the expected value if the check failed. */
  readonly detail: string;
  /** The measured value and its limit. */
  readonly figure?: { readonly value: number; readonly limit: number };
}

/** A check of a figure that must not exceed a limit. */
export function measured(name: string, quantity: string, value: number, limit: number): Check {
  const detail = `${quantity} at most ${value.toExponential(1)} (tolerance ${limit.toExponential(1)})`;
  return { name, ok: value <= limit, detail, figure: { value, limit } };
}
