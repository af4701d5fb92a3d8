/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One line: the finding, and the expected value if the check failed. */
  readonly detail: string;
  /** The measured value and its limit. */
  readonly figure?: { readonly value: number; readonly limit: number };
}
