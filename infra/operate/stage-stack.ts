import {
  type CloudFormationClient,
  GetTemplateCommand,
  ListStackResourcesCommand,
  type ListStackResourcesCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';

/** An event source of a function, which delivers messages of a queue to it. */
export interface EventSource {
  /** The function's part of the pipeline, such as `Ingest`. */
  readonly name: string;
  /** Identifier of the mapping. */
  readonly uuid: string;
  /** Whether the template turns it on: it does not turn on that of ingest if the stage is paused. */
  readonly enabled: boolean;
}

/** Names that CloudFormation generated for the resources of a stage that can be stopped. */
export interface StageStack {
  readonly stackName: string;
  readonly eventSources: readonly EventSource[];
  /** Undefined if a function classifies. */
  readonly workers: { readonly cluster: string; readonly service: string } | undefined;
}

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({ Properties: z.looseObject({ Enabled: z.boolean().optional() }).optional() }),
  ),
});

const mappingType = 'AWS::Lambda::EventSourceMapping';
const serviceType = 'AWS::ECS::Service';

/**
 * Reads the resources of a deployed stage.
 * @throws {UserError} if the stage is not deployed
 */
export async function readStageStack(client: CloudFormationClient, stage: string): Promise<StageStack> {
  const stackName = `inception-batch-${stage}`;
  const resources = await listResources(client, stackName);
  const { TemplateBody } = await client.send(
    new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Processed' }),
  );
  const template = templateSchema.parse(JSON.parse(TemplateBody ?? '{}'));
  const eventSources = resources
    .filter(({ type }) => type === mappingType)
    .map(({ id, physicalId: uuid }) => ({
      name: /^[A-Z][a-z]+/.exec(id)?.[0] ?? id,
      uuid,
      enabled: template.Resources[id]?.Properties?.Enabled ?? true,
    }));
  const service = resources.find(({ type }) => type === serviceType);
  return { stackName, eventSources, workers: service && serviceOf(service.physicalId) };
}

async function listResources(client: CloudFormationClient, stackName: string) {
  const resources: { id: string; type: string; physicalId: string }[] = [];
  let token: string | undefined;
  do {
    const page: ListStackResourcesCommandOutput = await client
      .send(new ListStackResourcesCommand({ StackName: stackName, NextToken: token }))
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
          throw new UserError(
            `the stack ${stackName} does not exist in this account and region: check --stage and AWS_REGION`,
          );
        }
        throw error;
      });
    for (const {
      LogicalResourceId: id,
      ResourceType: type,
      PhysicalResourceId: physicalId,
    } of page.StackResourceSummaries ?? []) {
      if (id !== undefined && type !== undefined && physicalId !== undefined) resources.push({ id, type, physicalId });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return resources;
}

/** @param arn `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/SERVICE` */
function serviceOf(arn: string): { cluster: string; service: string } {
  const [, cluster, service] = arn.split('/');
  if (cluster === undefined || service === undefined) throw new Error(`expected the ARN of a service, received ${arn}`);
  return { cluster, service };
}
