import { z } from 'zod';
import { UserError } from '../shared/failures/user-error.ts';
import { removable } from './removals.ts';
import { parseFields, stageName } from './settings.ts';

/** Removals from a deployed stage that have to be allowed, and `unchecked` for a stage that cannot be compared. */
const allowances = [...removable, 'unchecked'] as const;
export type Allowance = (typeof allowances)[number];

const allowanceList = z
  .string()
  .transform((value) => value.split(','))
  .pipe(z.array(z.enum(allowances)));

const optionsSchema = z.strictObject({
  stage: stageName.optional(),
  allow: allowanceList.optional().describe(`a list of ${allowances.join(', ')}, separated by commas`),
});

export interface CommandOptions {
  readonly stage: string;
  readonly allow: readonly Allowance[];
}

/** The CDK's own context keys (feature flags, lookups) contain one of these; options do not. */
const cdkKey = /[@:]/;

/**
 * Options of the app from `cdk -c name=value`.
 * @throws {UserError} for anything else: settings belong in the file of the stage
 */
export function parseCommandOptions(context: Readonly<Record<string, unknown>>): CommandOptions {
  const given = Object.entries(context).filter(([name]) => !cdkKey.test(name));
  const unknown = given.map(([name]) => name).find((name) => !(name in optionsSchema.shape));
  if (unknown !== undefined) {
    throw new UserError(
      `-c ${unknown}=… is not an option: put settings in infra/stages/STAGE.json, give -c stage=STAGE`,
    );
  }
  const { stage = 'dev', allow = [] } = parseFields(optionsSchema, Object.fromEntries(given), 'wrong option -c');
  return { stage, allow };
}
