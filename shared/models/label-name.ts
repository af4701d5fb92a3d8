/** A class as a result row or the manifest names it; null in rejected rows. */
export interface Label {
  readonly label_id: string | null;
  readonly label: string | null;
}

/** WordNet's synset ids, as ImageNet uses them. Their names are lists of synonyms. */
const synset = 'n[0-9]{8}';
const synsetId = new RegExp(`^${synset}$`);
const separator = ', ';

/**
 * The label that people read: the first synonym of a WordNet synset, any other label unchanged; empty without a label.
 * Only tables and pages shorten labels: rows, JSON and CSV keep the whole text.
 * @example displayLabel({ label_id: 'n01440764', label: 'tench, Tinca tinca' }) // 'tench'
 */
export function displayLabel({ label_id, label }: Label): string {
  if (label === null) return '';
  return isSynset(label_id) ? (label.split(separator)[0] ?? label) : label;
}

/** Every name of a class in its label: the synonyms of a WordNet synset, else the label itself. */
export function labelNames({ label_id, label }: Label): string[] {
  if (label === null) return [];
  return isSynset(label_id) ? label.split(separator) : [label];
}

/**
 * A test whether a class is called `text`: its id, its whole label or, for a WordNet synset, one of its synonyms, in upper
 * or lower case. Several classes may have the same name, such as `crane` of ImageNet.
 */
export function matchesLabel(text: string): (of: Label) => boolean {
  const wanted = text.toLowerCase();
  return ({ label_id, label }) => {
    if (label === null) return false;
    const lower = label.toLowerCase();
    if (lower === wanted || label_id?.toLowerCase() === wanted) return true;
    return isSynset(label_id) && lower.split(separator).includes(wanted);
  };
}

/**
 * The rule of `matchesLabel` for DuckDB, over the columns `label` and `label_id`. Never null.
 * @param text an SQL expression: a parameter such as `$label`, or a literal
 */
export function labelMatchesSql(text: string): string {
  const wanted = `lower(${text})`;
  return (
    `coalesce(lower(label) = ${wanted} or lower(label_id) = ${wanted} or ` +
    `(regexp_full_match(label_id, '${synset}') and list_contains(string_split(lower(label), '${separator}'), ${wanted})), ` +
    'false)'
  );
}

/** The rule of `displayLabel` for DuckDB, over the columns `label` and `label_id`. Null without a label. */
export const displayLabelSql = `if(coalesce(regexp_full_match(label_id, '${synset}'), false), split_part(label, '${separator}', 1), label)`;

/**
 * A text for each of some labels: its name, followed by its id if another of them has the same name.
 * @example uniqueNames([{ id: 'n02012849', name: 'crane' }, { id: 'n03126707', name: 'crane' }]) // 'crane (n02012849)' of the first
 */
export function uniqueNames(labels: readonly NamedClass[]): (label: NamedClass) => string {
  const ids = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { id, name } of labels) {
    if ((ids.get(name) ?? id) !== id) ambiguous.add(name);
    ids.set(name, id);
  }
  return ({ id, name }) => (ambiguous.has(name) ? `${name} (${id})` : name);
}

interface NamedClass {
  readonly id: string;
  readonly name: string;
}

function isSynset(id: string | null): boolean {
  return id !== null && synsetId.test(id);
}
