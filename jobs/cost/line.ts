export const stages = ['ingest', 'crops', 'classify', 'results', 'telemetry'] as const;

/** One item of a bill: dollars = quantity × unitPrice. */
export interface Line {
  /** The stage of the pipeline. */
  readonly part: (typeof stages)[number];
  readonly what: string;
  readonly quantity: number;
  readonly unit: string;
  /** Dollars per unit. */
  readonly unitPrice: number;
  readonly dollars: number;
  /** The arithmetic as text: `1,000,000 images ÷ 10 = 100,000 requests × $0.20 per million`. */
  readonly formula: string;
}

/** @param how the arithmetic of the quantity, if it needs any */
export function lineOf({ how, ...line }: Omit<Line, 'dollars' | 'formula'> & { readonly how?: string }): Line {
  const { quantity, unit, unitPrice } = line;
  const product = `${amount(quantity)} ${unit} × ${price(unitPrice)}`;
  return {
    ...line,
    dollars: quantity * unitPrice,
    formula: how === undefined ? product : `${how} = ${product}`,
  };
}

export function sumOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** A readable number: whole from a thousand on, four significant digits below. */
export function amount(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(4)));
}

/** Small prices are given per million. */
function price(unitPrice: number): string {
  if (unitPrice < 1e-4) return `$${decimal(unitPrice * 1e6)} per million`;
  return `$${decimal(unitPrice)}`;
}

/** At least two decimals, without the rounding errors of a double. */
function decimal(value: number): string {
  const [whole = '', digits = ''] = String(Number(value.toPrecision(6))).split('.');
  return `${whole}.${digits.padEnd(2, '0')}`;
}
