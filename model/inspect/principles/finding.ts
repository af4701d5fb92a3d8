/** A layer that breaks a principle. */
export interface Finding {
  /** Names of the layer, or of the layers that are one cut or one stage. */
  readonly layers: readonly string[];
  /** Compared with the limit of the check. */
  readonly value: number;
  /** What was measured, in one line. */
  readonly detail: string;
}

/** One number that is read off a network for a principle. */
export interface Check {
  /** 1 to 4, as the paper numbers them. */
  readonly principle: 1 | 2 | 3 | 4;
  readonly name: string;
  /** Of the layer that is closest to the limit, or beyond it most; null if no layer is of this kind. */
  readonly value: number | null;
  readonly limit: number;
  /** Whether values above or below the limit are findings. */
  readonly finding: 'above' | 'below';
  readonly findings: readonly Finding[];
}

/** @param share such as 0.123, which is shown as 12.3 % */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The findings among measured layers, and the most extreme value. */
export function checkOf(
  description: Pick<Check, 'principle' | 'name' | 'limit' | 'finding'>,
  measured: readonly Finding[],
): Check {
  const sign = description.finding === 'above' ? 1 : -1;
  const worst = measured.reduce<number | null>(
    (most, { value }) => (most === null || sign * value > sign * most ? value : most),
    null,
  );
  const findings = measured.filter(({ value }) => sign * value > sign * description.limit);
  return { ...description, value: worst, findings };
}
