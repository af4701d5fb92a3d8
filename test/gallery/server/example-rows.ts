import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';

/** Images of two jobs, one rejected and one deleted. */
export const exampleRows = [
  classifiedRow('b/two.jpg', {
    job: 'b',
    label: 'goldfish, Carassius auratus',
    label_id: 'n01443537',
    probability: 0.3,
  }),
  classifiedRow('a/one.jpg', { job: 'a', label: 'tench', probability: 0.9 }),
  classifiedRow('a/Émile_100%.jpg', { job: 'a', label: "dog's bed", probability: 0.5 }),
  rejectedRow('b/three.jpg', { job: 'b', reason: 'truncated' }),
  classifiedRow('b/gone.jpg', { job: 'b' }),
  deletedRow('b/gone.jpg', { job: 'b' }),
];
