export const stages = ['ingest', 'crops', 'classify', 'results', 'telemetry'] as const;

/** One item of a bill, as arithmetic that a reader can follow: dollars = quantity × unitPrice. */
export interface Line {
  /** The part of the flow that it belongs to. */
  readonly part: (typeof stages)[number];
  readonly what: string;
  readonly quantity: number;
  readonly unit: string;
  /** Dollars for one unit. */
  readonly unitPrice: number;
  readonly dollars: number;
  /** How the quantity comes about, and its price: `1,000,000 images ÷ 10 = 100,000 requests × $0.20 a million`. */
  readonly formula: string;
}

/** @param how the quantity comes about; nothing where it is what was asked about */
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

/** A number as people read it: whole from a thousand on, with four digits below. */
export function amount(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(4)));
}

/** A price of what is bought by the million as that of a million. */
function price(unitPrice: number): string {
  if (unitPrice < 1e-4) return `$${decimal(unitPrice * 1e6)} a million`;
  return `$${decimal(unitPrice)}`;
}

/** Without trailing digits that a double has and the price has not; cents always whole. */
function decimal(value: number): string {
  const [whole = '', digits = ''] = String(Number(value.toPrecision(6))).split('.');
  return `${whole}.${digits.padEnd(2, '0')}`;
}
