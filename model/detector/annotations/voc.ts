import { basename, extname } from 'node:path';
import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { AnnotatedImage, AnnotatedObject } from './annotation.ts';
import { mustBe } from './field-problem.ts';

const number = z
  .string(mustBe('a number'))
  .transform(Number)
  .pipe(z.number(mustBe('a number')));

const objectSchema = z.object({
  name: z.string(mustBe('a name')),
  difficult: z
    .enum(['0', '1'], mustBe('0 or 1'))
    .default('0')
    .transform((text) => text === '1'),
  xmin: number,
  ymin: number,
  xmax: number,
  ymax: number,
});

/** Missing, empty and 0 all mean that the file does not state the size. */
const side = z.coerce.number(mustBe('a whole number')).int(mustBe('a whole number')).min(0, mustBe('a whole number'));
const sizeSchema = z.object({ width: side.default(0), height: side.default(0) });

/**
 * Reads the annotation of one image in the format of PASCAL VOC. Its pixels count from 1 and both edges belong to the box, so
 * that `xmin` 1 and `xmax` 10 are x 0 and width 10. Boxes of parts of an object are not read.
 * @param file path, for messages; its name stands for a missing `filename`
 * @throws {UserError} if it is not such a file
 */
export function parseVoc(xml: string, file: string): AnnotatedImage {
  const root = rootOf(xml, file);
  const name = textOf(root, 'filename') ?? `${basename(file, extname(file))}.jpg`;
  const size = children(root, 'size')[0];
  const sides = { width: textOf(size, 'width'), height: textOf(size, 'height') };
  const { width, height } = read(sizeSchema, sides, { file, element: 'size' });
  return {
    name,
    ...(width > 0 && height > 0 ? { size: { width, height } } : {}),
    objects: children(root, 'object').map((element, index) =>
      objectOf(element, { file, element: `object ${index + 1}` }),
    ),
  };
}

function rootOf(xml: string, file: string): XmlElement {
  let root: XmlElement | null;
  try {
    ({ root } = parseXml(xml));
  } catch (cause) {
    const [reason] = cause instanceof Error ? cause.message.split('\n') : [String(cause)];
    throw new UserError(`${file} is not XML: ${reason}`, { cause });
  }
  if (root?.name === 'annotation') return root;
  throw new UserError(`${file} is not a VOC annotation: its root is <${root?.name ?? ''}> instead of <annotation>`);
}

/** For messages. */
interface Place {
  readonly file: string;
  readonly element: string;
}

function objectOf(element: XmlElement, place: Place): AnnotatedObject {
  const [box] = children(element, 'bndbox');
  const { name, difficult, xmin, ymin, xmax, ymax } = read(
    objectSchema,
    {
      name: textOf(element, 'name'),
      difficult: textOf(element, 'difficult'),
      ...Object.fromEntries(['xmin', 'ymin', 'xmax', 'ymax'].map((edge) => [edge, textOf(box, edge)])),
    },
    place,
  );
  return {
    x: xmin - 1,
    y: ymin - 1,
    width: xmax - xmin + 1,
    height: ymax - ymin + 1,
    label: name,
    ...(difficult ? { exempt: 'difficult' } : {}),
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, { file, element }: Place): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(`${file} is not a VOC annotation: <${issue?.path.join('.')}> of ${element} ${issue?.message}`, {
    cause: result.error,
  });
}

function children(element: XmlElement | undefined, name: string): XmlElement[] {
  return (element?.children ?? []).filter(
    (child): child is XmlElement => child instanceof XmlElement && child.name === name,
  );
}

/** Undefined if the element is missing or has no text. */
function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = children(element, name)[0]?.text.trim();
  return text === '' ? undefined : text;
}
