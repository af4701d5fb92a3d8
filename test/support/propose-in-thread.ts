import { openProposer } from '../../shared/regions/proposer.ts';
import { patchPicture } from './patch-picture.ts';

// A program that proposes the regions of two pictures, prints them and does not close its threads.

const proposer = openProposer({ threads: 2 });
const pictures = [patchPicture(40), patchPicture(60)];
console.log(JSON.stringify(await Promise.all(pictures.map((picture) => proposer.propose(picture, { max: 5 })))));
