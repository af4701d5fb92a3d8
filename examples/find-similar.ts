// The images of a store most similar to a photo: node find-similar.ts inception-store photo.jpg
import { openModel } from 'inception-batch';
import { openResults } from 'inception-batch/results';

const [store = 'inception-store', photo = 'photo.jpg'] = process.argv.slice(2);
await using model = await openModel();
await using results = await openResults(store);
const embedding = await model.embed(photo);
for (const { key, similarity, label } of await results.similar(embedding, { limit: 5, model: model.id })) {
  console.log(similarity.toFixed(3), key, label);
}
