import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { type ResolveOptions, resolveCrops } from '../../shared/crops/resolve-crops.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import { checkCropType } from './check-crop.ts';
import type { ClassifyPorts, CropReaderPorts } from './ports.ts';

/** For queues that hold all pixels in their messages. */
const noPackedCrops: CropReaderPorts['objects'] = {
  readRange: () =>
    Promise.reject(new Failure('crops_gone', 'packed crops cannot be read: this queue has no object store')),
};

/** Reads the pixels that messages point to, except for crops that do not fit the model. */
export function readCrops(
  deliveries: readonly Delivery<CropEnvelope>[],
  { model, objects = noPackedCrops }: Pick<ClassifyPorts, 'model'> & Partial<CropReaderPorts>,
  retrying: Pick<ResolveOptions, 'signal' | 'onFailure'> = {},
): Promise<Delivery<CropMessage>[]> {
  return resolveCrops(deliveries, objects, { ...retrying, mismatchOf: (envelope) => checkCropType(envelope, model) });
}
