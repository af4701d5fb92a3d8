/** The filters of requests and of page addresses: shared by the server and the page. */

export const statuses = ['classified', 'rejected', 'deleted'] as const;
export const sortOrders = ['key', 'probability', '-probability', 'time'] as const;
export const maxTextLength = 500;

const text = `at most ${maxTextLength} characters, without NUL`;

/** What to give for each filter, for messages. */
export const filterValues = {
  text,
  label: text,
  region: text,
  job: text,
  status: 'classified, rejected or deleted',
  reason: text,
  model: text,
  min: 'a number from 0 to 1',
  sort: 'key, probability, -probability or time',
} as const;

export type FilterName = keyof typeof filterValues;

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(filterValues, name);
}
