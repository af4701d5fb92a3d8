import { openModel } from '../../index.ts';
import { picture } from './photos.ts';

const [how] = process.argv.slice(2);
const bytes = await picture(1).jpeg().toBuffer();
// Many crops, so that every thread has a batch in progress all the time.
const model = await openModel('fashion-mnist', { threads: 2, crops: 144 });
const images = Array.from({ length: 500 }, (_, number) => ({ name: String(number), bytes }));
let outcomes = 0;
for await (const _ of model.classify(images)) {
  outcomes += 1;
  if (outcomes !== 3) continue;
  if (how === 'exit') process.exit(3);
  setImmediate(() => {
    throw new Error('an error of the program');
  });
}
