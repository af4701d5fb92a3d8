/** A label of a model. */
export interface ModelLabel {
  /** For ImageNet a WordNet id such as `n01440764`. */
  readonly id: string;
  /** For ImageNet all synonyms, such as `tench, Tinca tinca`. */
  readonly name: string;
}
