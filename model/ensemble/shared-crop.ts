import { UserError } from '../../shared/failures/user-error.ts';
import { type ModelManifest, type Preprocess, preprocessWithDecodeRule } from '../../shared/models/model-manifest.ts';
import type { Member } from './open-members.ts';

/** How a member's image is computed from the ensemble's image. */
export type ImageFit =
  | { readonly kind: 'same' }
  /** The part from this pixel on, with the member's height and width. */
  | {
      readonly kind: 'cut';
      readonly top: number;
      readonly left: number;
      readonly height: number;
      readonly width: number;
    }
  /** All of it, resized. */
  | { readonly kind: 'resize'; readonly height: number; readonly width: number };

/** The image of an ensemble, and what each member gets of it. */
export interface SharedCrop {
  readonly preprocess: Preprocess;
  readonly fits: readonly ImageFit[];
}

/** Two crops show the same part of an image if their share of the resized image differs by at most this many pixels. */
const maxDifference = 1;

/**
 * Finds the image from which every member's image can be computed: that of the member with the largest crop. Legal if
 * each other member
 * 1. has the same resize rule, crop rule and background, and
 * 2. has the same resized image and crop; or the same resized image and a smaller center crop, which is cut out; or a
 *    smaller crop with the same share of its resized image, which is resized.
 * Means and scales may differ: they are in the networks. Decode rules too: the image is `scaled` if it is for every member.
 * @throws {UserError} with the two rules that cannot be combined
 */
export function shareCrop(members: readonly [Member, ...Member[]]): SharedCrop {
  const largest = members.reduce((most, member) => (area(member) > area(most) ? member : most));
  const shared = largest.model.manifest.preprocess;
  const fits = members.map((member) => fitOf(member, largest));
  const rules = members.map(({ model }) => model.manifest.preprocess);
  const { mean, scale } = commonNormalization(rules);
  const decode = rules.every((rule) => rule.decode === 'scaled') ? 'scaled' : 'exact';
  return { preprocess: preprocessWithDecodeRule({ ...shared, mean, scale }, decode), fits };
}

function area({ model }: Member): number {
  const { width, height } = model.manifest.preprocess.crop;
  return width * height;
}

function fitOf(member: Member, largest: Member): ImageFit {
  const [own, shared] = [member.model.manifest.preprocess, largest.model.manifest.preprocess];
  const { resize, crop } = own;
  const sameBackground = own.background.every((value, channel) => value === shared.background[channel]);
  const sameRules = resize.rule === shared.resize.rule && crop.rule === shared.crop.rule;
  const { width, height } = crop;
  const fits = width <= shared.crop.width && height <= shared.crop.height;
  if (sameRules && sameBackground && fits) {
    const sameResized = resize.width === shared.resize.width && resize.height === shared.resize.height;
    if (sameResized && width === shared.crop.width && height === shared.crop.height) return { kind: 'same' };
    if (sameResized && crop.rule === 'center') {
      const start = (axis: 'width' | 'height') =>
        ((resize[axis] - crop[axis]) >> 1) - ((shared.resize[axis] - shared.crop[axis]) >> 1);
      return { kind: 'cut', top: start('height'), left: start('width'), height, width };
    }
    if (sameShare(own, shared, 'width') && sameShare(own, shared, 'height')) return { kind: 'resize', height, width };
  }
  const advice = !sameBackground
    ? 'the same background behind transparent pixels'
    : 'the same resize and crop rules and the same share of the resized image';
  throw new UserError(
    `${largest.source} and ${member.source} need different images: ${describe(shared)}, and ${describe(own)}; ` +
      `give models with ${advice}`,
  );
}

function sameShare(own: Preprocess, shared: Preprocess, axis: 'width' | 'height'): boolean {
  const expected = (shared.crop[axis] * own.resize[axis]) / shared.resize[axis];
  return Math.abs(own.crop[axis] - expected) <= maxDifference;
}

function describe({ resize, crop, background }: Preprocess): string {
  const size = ({ width, height }: { width: number; height: number }) => `${width}×${height}`;
  return `${resize.rule} to ${size(resize)}, ${crop.rule} crop ${size(crop)}, background ${background.join(' ')}`;
}

/** The mean and scale of all members; those of plain pixels if they differ. */
function commonNormalization(
  rules: readonly [Preprocess, ...Preprocess[]] | readonly Preprocess[],
): Pick<ModelManifest['preprocess'], 'mean' | 'scale'> {
  const [first, ...others] = rules;
  const text = ({ mean, scale }: Preprocess) => JSON.stringify([mean, scale]);
  if (first !== undefined && others.every((rule) => text(rule) === text(first))) return first;
  return { mean: [0, 0, 0], scale: [1, 1, 1] };
}
