import {
  type CloudFormationClient,
  GetTemplateCommand,
  ListStackResourcesCommand,
  type ListStackResourcesCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { stageTag } from '../cost-tags.ts';

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
  /** Logical ids of what a deployment could turn on again: event sources and scaling. */
  readonly stoppable: readonly string[];
}

/** Which stage of which stack. */
export interface Target {
  readonly stage: string;
  /** The stack may contain other stages, and resources of others. */
  readonly stackName: string;
}

const mappingType = 'AWS::Lambda::EventSourceMapping';
const serviceType = 'AWS::ECS::Service';
const scalingType = 'AWS::ApplicationAutoScaling::ScalableTarget';

const templateSchema = z.object({ Resources: z.record(z.string(), z.unknown()) });
/** What all three types have. Other resources of the stack may look otherwise. */
const resourceSchema = z.looseObject({
  Properties: z.looseObject({
    Enabled: z.boolean().default(true),
    Tags: z.array(z.object({ Key: z.string(), Value: z.unknown() })).default([]),
  }),
});

/**
 * Reads the resources of a deployed stage, which have its tag.
 * @throws {UserError} if the stage is not deployed
 */
export async function readStageStack(client: CloudFormationClient, { stage, stackName }: Target): Promise<StageStack> {
  const resources = await listResources(client, stackName);
  const { TemplateBody } = await client.send(
    new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Processed' }),
  );
  const template = templateSchema.parse(JSON.parse(TemplateBody ?? '{}'));
  const ofStage = resources
    .filter(({ type }) => [mappingType, serviceType, scalingType].includes(type))
    .map((resource) => ({ ...resource, ...resourceSchema.parse(template.Resources[resource.id]).Properties }))
    .filter(({ Tags }) => Tags.some(({ Key, Value }) => Key === stageTag && Value === stage));
  const mappings = ofStage.filter(({ type }) => type === mappingType);
  const service = ofStage.find(({ type }) => type === serviceType);
  if (mappings.length === 0 && service === undefined) {
    throw new UserError(
      `the stack ${stackName} has no event sources or workers of the stage ${stage}: check --stage and --stack`,
    );
  }
  return {
    stackName,
    eventSources: mappings.map(({ id, physicalId: uuid, Enabled: enabled }) => {
      const [, name = id] = /([A-Z][a-z]+)Function/.exec(id) ?? [];
      return { name, uuid, enabled };
    }),
    workers: service && serviceOf(service.physicalId),
    stoppable: ofStage.filter(({ type }) => type !== serviceType).map(({ id }) => id),
  };
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
            `the stack ${stackName} does not exist in this account and region: check --stage, --stack and AWS_REGION`,
          );
        }
        throw error;
      });
    for (const {
      LogicalResourceId: id,
      ResourceType: type,
      PhysicalResourceId: physicalId,
      ResourceStatus: status,
    } of page.StackResourceSummaries ?? []) {
      // A resource that is not created yet has no physical id; one that is deleted keeps it.
      if (!id || !type || !physicalId || status === 'DELETE_COMPLETE') continue;
      resources.push({ id, type, physicalId });
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
