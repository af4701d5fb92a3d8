/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One line: what was found, and what was expected where that differs. */
  readonly detail: string;
  /** What was measured and the most that it may be. */
  readonly figure?: { readonly value: number; readonly limit: number };
}
