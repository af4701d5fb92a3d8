import { z } from 'zod';
import { resources, type Synthesized } from './synthesize.ts';

const statementSchema = z.object({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const policySchema = z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) });

/** The statements of all policies, each with the logical id of its policy. */
export function statements(made: Synthesized) {
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resources(made, type).flatMap(({ id, Properties }) =>
      policySchema.parse(Properties).PolicyDocument.Statement.map((statement) => ({ id, ...statement })),
    ),
  );
}

/** The environments of the project's functions. */
export function environments(made: Synthesized): Record<string, unknown>[] {
  const functions = resources(made, 'AWS::Lambda::Function').map(
    ({ Properties }) =>
      z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional() }).parse(Properties)
        .Environment?.Variables ?? {},
  );
  return functions.filter(({ RESULTS }) => RESULTS !== undefined);
}
