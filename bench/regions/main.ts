import { parseArgs } from 'node:util';
import { seededRandom, shuffle } from '../../shared/random/seeded-random.ts';
import { collectCandidates } from '../../shared/regions/candidates.ts';
import { groupingsOf } from '../../shared/regions/groupings.ts';
import { objectnessOf } from '../../shared/regions/objectness.ts';
import { proposeRegions } from '../../shared/regions/propose-regions.ts';
import { rankDistinct } from '../../shared/regions/suppression.ts';
import { describeMachine, median } from '../machine.ts';
import { type Example, everydayPhotos, pastedRaccoons, photoGrids, raccoons } from './pictures.ts';
import { type Proposals, scoreOf } from './score.ts';
import { slidingBoxes } from './sliding-boxes.ts';

// How many of the objects in photos the first boxes cover, next to the same boxes in random order and to boxes on a grid; and the time of
// each step on one core. Decoding and scaling are not included.
const { values } = parseArgs({ options: { photos: { type: 'string' } } });
const folder = process.env['INCEPTION_FIXTURES'] ?? '../shared';
const count = values.photos === undefined ? undefined : Number(values.photos);
const counts = [10, 50, 100, 200, 600];
const sets: [string, Promise<Example[]>][] = [
  ['raccoons', raccoons(folder, { count })],
  ['raccoons, mirrored', raccoons(folder, { mirrored: true, count })],
  ['raccoons, half the size', raccoons(folder, { scale: 0.5, count })],
  ['raccoons, twice the size', raccoons(folder, { scale: 2, count })],
  ['everyday photos', everydayPhotos(folder, { count })],
  ['raccoons on other photos', pastedRaccoons(folder, { count })],
  ['four photos in a grid', photoGrids(folder, { count })],
];

console.log(describeMachine(['sharp']));
console.log('recall at overlap 0.5 / mean best overlap with the first boxes');
for (const [name, loading] of sets) {
  const examples = await loading;
  const ranked = examples.map(({ picture, objects }) => ({ objects, boxes: proposeRegions(picture, { max: 600 }) }));
  const objects = ranked.reduce((sum, { objects }) => sum + objects.length, 0);
  const boxes = median(ranked.map(({ boxes }) => boxes.length));
  console.log(`\n${name}: ${examples.length} pictures, ${objects} objects, ${boxes} boxes per picture (median)`);
  printScores('ranked', () => ranked);
  const random = seededRandom(1);
  const shuffled = ranked.map(({ objects, boxes }) => ({ objects, boxes: shuffle(boxes, random) }));
  printScores('in random order', () => shuffled);
  printScores('on a grid', (count) =>
    examples.map(({ picture, objects }) => ({ objects, boxes: slidingBoxes(picture, count) })),
  );
}

const [, timed] = sets[0] ?? [];
if (timed) printTimes(await timed);

function printScores(name: string, proposalsFor: (count: number) => readonly Proposals[]): void {
  const columns = counts.map((count) => {
    const { recall, meanBestOverlap } = scoreOf(proposalsFor(count), count);
    return `${count}: ${recall.toFixed(3)} / ${meanBestOverlap.toFixed(3)}`;
  });
  console.log(`  ${name.padEnd(16)} ${columns.join('   ')}`);
}

function printTimes(examples: readonly Example[]): void {
  const steps = new Map<string, number[]>();
  const timed = <T>(step: string, work: () => T): T => {
    const started = performance.now();
    const result = work();
    steps.set(step, [...(steps.get(step) ?? []), performance.now() - started]);
    return result;
  };
  const before = process.cpuUsage();
  for (const { picture } of examples) {
    timed('all', () => {
      const { hierarchies, lab } = timed('18 groupings', () => groupingsOf(picture));
      const candidates = timed('candidates', () => collectCandidates(hierarchies, picture));
      const objectness = timed('objectness', () => objectnessOf(candidates, lab, hierarchies.length));
      return timed('ranking', () => rankDistinct(candidates, objectness, 600));
    });
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`\nmilliseconds per raccoon photo on one core, median of ${examples.length}`);
  for (const [step, times] of steps) console.log(`  ${step.padEnd(16)} ${median(times).toFixed(0)}`);
  console.log(`  ${'CPU, mean'.padEnd(16)} ${((user + system) / 1000 / examples.length).toFixed(0)}`);
}
