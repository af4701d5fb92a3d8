import { account, type Credentials, region } from './account.ts';
import { type Environment, FunctionPool } from './function-pool.ts';
import type { Gateway } from './gateway.ts';
import { assumeRole } from './iam/assume-role.ts';
import type { Authorizer } from './iam/authorizer.ts';
import { reasonAgainst } from './not-stood-up.ts';
import { functionSchema } from './template/function-schema.ts';
import { type Assembly, resourcesOf } from './template/read-template.ts';
import type { Resolve } from './template/resolve-intrinsics.ts';

/** What a function is started with, as its resource says. */
export interface FunctionOptions {
  /** Folder of its asset. */
  readonly asset: string;
  readonly name: string;
  readonly handler: string;
  readonly credentials: Credentials;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  /** Size of `/tmp`. */
  readonly storageMegabytes: number;
  readonly timeoutSeconds: number;
}

export interface OpenFunctionsOptions {
  readonly assembly: Assembly;
  readonly resolve: Resolve;
  readonly authorizer: Authorizer;
  readonly gateway: Gateway;
  /** Where AWS is. */
  readonly aws: Readonly<Record<string, string>>;
  readonly startFunction: (options: FunctionOptions) => Promise<Environment>;
  /** Receives the functions by their logical ids. */
  readonly functions: Map<string, FunctionPool>;
}

/** Opens the functions of the template; their processes start with the first event. */
export async function openFunctions(options: OpenFunctionsOptions): Promise<void> {
  const { assembly, resolve, authorizer, gateway, aws, startFunction, functions } = options;
  const { template, files } = assembly;
  for (const { id, Properties } of resourcesOf(template, 'AWS::Lambda::Function')) {
    if (reasonAgainst(id) !== undefined) continue;
    const { Code, Handler, Role, Timeout, MemorySize, Environment, LoggingConfig, EphemeralStorage } =
      functionSchema.parse(resolve(Properties));
    const asset = files.get(Code.S3Key ?? '');
    if (asset === undefined) throw new Error(`the asset of ${id} is missing`);
    const principal = await assumeRole(authorizer, 'lambda.amazonaws.com', { role: Role, session: id });
    const credentials = gateway.credentialsOf(principal);
    functions.set(
      id,
      new FunctionPool({
        ...{ name: id, principal, authorizer, timeoutSeconds: Timeout },
        logGroup: `arn:aws:logs:${region}:${account}:log-group:${LoggingConfig?.LogGroup}`,
        start: () =>
          startFunction({
            ...{ asset, name: id, credentials, handler: Handler, memoryMegabytes: MemorySize, timeoutSeconds: Timeout },
            storageMegabytes: EphemeralStorage.Size,
            environment: { ...Environment.Variables, ...aws },
          }),
      }),
    );
  }
}
