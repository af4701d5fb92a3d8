// A float model as an int8 model, several times as fast on a CPU: node quantize-model.ts ./model ./photos ./model-int8
import { quantizeModel } from 'inception-batch/model';

const [source = 'model', photos = 'photos', out = 'model-int8'] = process.argv.slice(2);
const { id, directory, agreement, speedup } = await quantizeModel({ source, photos, out });
console.log(`${id} in ${directory}`);
console.log(`same label on ${(100 * agreement.sameLabel).toFixed(1)} % of ${agreement.images} photos`);
console.log(`${speedup.toFixed(1)} times as fast`);
