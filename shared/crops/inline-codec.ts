import { Failure } from '../failure.ts';
import { decodeCropEnvelope, encodeCropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';

/** How crops travel in a queue of texts that holds their pixels too. */
export const inlineCodec = { encode: (crops: CropMessage) => encodeCropEnvelope(crops), decode: decodeInline };

/** @throws {Failure} `invalid_crop` when the body is no crop message, or its pixels lie elsewhere */
function decodeInline(body: string): CropMessage {
  const { tensor, ...rest } = decodeCropEnvelope(body);
  if ('pixels' in tensor) return { ...rest, tensor };
  throw new Failure('invalid_crop', 'expected a crop message with its pixels, got one that points to them');
}
