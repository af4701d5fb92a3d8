import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { AnnotatedImage } from './annotation.ts';
import { fieldProblem, mustBe } from './field-problem.ts';

const id = z.union([z.int(), z.string()], mustBe('a whole number or a text'));
const side = z.number(mustBe('a number')).nonnegative(mustBe('a number from 0 on')).optional();
const name = z.string(mustBe('a name'));
const coordinate = z.number(mustBe('a number'));
const bbox = mustBe('a list of four numbers: x, y, width and height');

const cocoSchema = z.object(
  {
    images: list({ id, file_name: name.min(1, mustBe('a name')), width: side, height: side }),
    annotations: list({
      id: id.optional(),
      image_id: id,
      category_id: id,
      bbox: z.tuple([coordinate, coordinate, coordinate, coordinate], bbox),
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()], mustBe('0 or 1')).optional(),
    }),
    categories: list({ id, name: name.trim().min(1, mustBe('a name')) }),
  },
  mustBe('an object with images, annotations and categories'),
);

function list<T extends z.ZodRawShape>(shape: T) {
  return z.array(z.object(shape, mustBe('an object')), mustBe('a list'));
}

/**
 * Reads annotations in the format of COCO: `bbox` is x, y, width and height from 0.
 * @param file path, for messages
 * @throws {UserError} if it is not such a file, or names an image or a category that it does not list
 */
export function parseCoco(json: string, file: string): AnnotatedImage[] {
  const { images, annotations, categories } = parse(json, file);
  const labels = byId(categories, 'category', file);
  checkNames(
    categories.map(({ name }) => name),
    file,
  );
  const known = byId(images, 'image', file);
  const objects = Map.groupBy(annotations, ({ image_id }) => image_id);
  for (const [image, [first]] of objects) {
    if (known.has(image)) continue;
    throw new UserError(
      `${file}: annotation ${first?.id ?? `of category ${first?.category_id}`} names image ${image}, which is not listed: ` +
        'add the image or remove the annotation',
    );
  }
  return images.map(({ id: image, file_name: name, width, height }) => ({
    name,
    ...(width && height ? { size: { width, height } } : {}),
    objects: (objects.get(image) ?? []).map(({ id: number, category_id, bbox: [x, y, ...sides], iscrowd }) => {
      const label = labels.get(category_id)?.name;
      if (label === undefined) {
        throw new UserError(
          `${file}: annotation ${number ?? `of ${name}`} names category ${category_id}, which is not listed: add the category or ` +
            'remove the annotation',
        );
      }
      return { x, y, width: sides[0], height: sides[1], label, ...(iscrowd ? { exempt: 'crowd' as const } : {}) };
    }),
  }));
}

function parse(json: string, file: string): z.output<typeof cocoSchema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${file} is not JSON`, { cause });
  }
  const result = cocoSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(`${file} is not a COCO annotation file: ${fieldProblem(result.error, 'the file')}`, {
    cause: result.error,
  });
}

function byId<T extends { readonly id: string | number }>(items: readonly T[], kind: string, file: string) {
  const found = new Map<string | number, T>();
  for (const item of items) {
    if (found.has(item.id)) throw new UserError(`${file} lists ${kind} ${item.id} twice`);
    found.set(item.id, item);
  }
  return found;
}

/** Two labels are the same if their names are equal. */
function checkNames(names: readonly string[], file: string): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new UserError(`${file} lists two categories named ${repeated}: rename one of them`);
}
