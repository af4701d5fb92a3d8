import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

export interface Resource {
  /** The logical id. */
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * The resources of a synthesized CloudFormation template.
 * @throws {UserError} if it is not a template
 */
export function parseTemplate(template: unknown): Resource[] {
  const parsed = templateSchema.safeParse(template);
  if (!parsed.success) throw new UserError('not a CloudFormation template: give the template.json of `cdk synth`');
  return Object.entries(parsed.data.Resources).map(([id, { Type: type, Properties: properties }]) => ({
    id,
    type,
    properties,
  }));
}

/** The resources of a type, with their parsed properties. */
export function resourcesOf<Schema extends z.ZodType>(
  resources: readonly Resource[],
  type: string,
  schema: Schema,
): { readonly id: string; readonly properties: z.output<Schema> }[] {
  return resources
    .filter((resource) => resource.type === type)
    .map(({ id, properties }) => {
      const parsed = schema.safeParse(properties);
      if (parsed.success) return { id, properties: parsed.data };
      const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
      throw new UserError(`the simulation cannot read ${id} (${type}) at ${path.join('.')}: ${message}`);
    });
}

/**
 * Text that stands for a value of the template: references to a resource or to one of its attributes become its logical id,
 * and joined parts become one text.
 */
export const referenceSchema: z.ZodType<string> = z.unknown().transform((value, context) => {
  const text = textOf(value);
  if (text !== undefined) return text;
  context.addIssue({ code: 'custom', message: `unknown reference ${JSON.stringify(value)}` });
  return z.NEVER;
});

const refSchema = z.strictObject({ Ref: z.string() });
const getAttSchema = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const joinSchema = z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const ref = refSchema.safeParse(value);
  if (ref.success) return ref.data.Ref;
  const attribute = getAttSchema.safeParse(value);
  if (attribute.success) return attribute.data['Fn::GetAtt'][0];
  const joined = joinSchema.safeParse(value);
  if (!joined.success) return undefined;
  const [separator, parts] = joined.data['Fn::Join'];
  const texts = parts.map(textOf);
  return texts.every((text) => text !== undefined) ? texts.join(separator) : undefined;
}

/** CloudFormation accepts numbers as text. */
export const numberSchema = z.union([z.number(), z.string().regex(/^\d+(\.\d+)?$/)]).transform(Number);
