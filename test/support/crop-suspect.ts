import sharp from 'sharp';
import { Failure } from '../../shared/failures/failure.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { smallRule } from './formats/rules.ts';

// Crops an image in another process, and again at each message; reports each time, and never closes the cropper.
const pool = decodePool(1, { maxBytes: 2 ** 20 });
const cropper = openCropper({ rule: smallRule(), limits: defaultDecodeLimits, pool });
const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
  .jpeg()
  .toBuffer();
const crop = async () => {
  const result = await cropper.crop(bytes, { isSuspect: true }).catch(Failure.from);
  if (result instanceof Failure) console.log(`${result.reason}: ${result.message}`);
  else process.send?.('cropped');
};
process.on('message', crop);
await crop();
