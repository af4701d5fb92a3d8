/** A label, and how many images or regions have it. */
export interface LabelCount {
  readonly label_id: string;
  readonly label: string;
  readonly count: number;
}
