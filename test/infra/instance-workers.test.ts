import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environments, statements } from './statements.ts';
import { model, resources, synthesize } from './synthesize.ts';

describe('GPU workers', () => {
  const made = synthesize({ model, spotPercent: 75, maxWorkers: 30 });

  it('are counted by scaling, not by the template: otherwise every deployment would reset the number', () => {
    const [service] = resources(made, 'AWS::ECS::Service');
    expect(service?.Properties).not.toHaveProperty('DesiredCount');
    const [target] = resources(made, 'AWS::ApplicationAutoScaling::ScalableTarget');
    expect(target?.Properties).toMatchObject({ MinCapacity: 0, MaxCapacity: 30 });
    const [group] = resources(made, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.Properties).toMatchObject({ MinSize: '0', MaxSize: '30', NewInstancesProtectedFromScaleIn: true });
    expect(group?.Properties).not.toHaveProperty('DesiredCapacity');
  });

  it('run on the given share of Spot instances, of several types', () => {
    const [group] = resources(made, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.Properties['MixedInstancesPolicy']).toMatchObject({
      InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: 25, OnDemandBaseCapacity: 0 },
      LaunchTemplate: {
        Overrides: [{ InstanceType: 'g6.xlarge' }, { InstanceType: 'g5.xlarge' }, { InstanceType: 'g4dn.xlarge' }],
      },
    });
    expect(JSON.stringify(resources(made, 'AWS::EC2::LaunchTemplate'))).toContain(
      'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true',
    );
  });

  it('have no privileges on their host, a memory limit, and write only to memory', () => {
    const [task] = resources(made, 'AWS::ECS::TaskDefinition');
    const [container] = z
      .array(
        z.looseObject({
          StopTimeout: z.number(),
          Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
        }),
      )
      .parse(task?.Properties['ContainerDefinitions']);
    expect(container).toMatchObject({
      User: '1000:1000',
      Memory: 8192,
      MemoryReservation: 4096,
      ReadonlyRootFilesystem: true,
      DockerSecurityOptions: ['no-new-privileges'],
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, Tmpfs: [{ ContainerPath: '/tmp' }] },
      ResourceRequirements: [{ Type: 'GPU', Value: '1' }],
      HealthCheck: { Command: ['CMD', 'node', 'check-health.mjs'], StartPeriod: 300 },
    });
    const grace = container?.Environment.find(({ Name }) => Name === 'GRACE_MS')?.Value;
    expect(container?.StopTimeout).toBeGreaterThanOrEqual(Number(grace) / 1000 + 10);
    expect(container?.StopTimeout).toBeLessThanOrEqual(120);
  });

  it('get a service only after their capacity provider is associated with its cluster', () => {
    const [association] = resources(made, 'AWS::ECS::ClusterCapacityProviderAssociations');
    const [service] = resources(made, 'AWS::ECS::Service');
    expect(association?.id).toBeDefined();
    expect(service?.DependsOn).toContain(association?.id);
  });

  it('reach S3 through a gateway endpoint, and their image is scanned', () => {
    const services = resources(made, 'AWS::EC2::VPCEndpoint').map(({ Properties }) =>
      JSON.stringify(Properties['ServiceName']),
    );
    expect(services.some((name) => name.includes('.s3'))).toBe(true);
    expect(JSON.stringify(resources(made, 'Custom::AWS'))).toContain('startImageScan');
    const rule = resources(made, 'AWS::Events::Rule').find(({ id }) => id.startsWith('ImageScan'));
    expect(JSON.stringify(rule?.Properties)).toContain('docs/runbook.md#a-vulnerability-in-the-image');
  });

  it('accept no inbound connections', () => {
    for (const { Properties } of resources(made, 'AWS::EC2::SecurityGroup'))
      expect(Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(resources(made, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(JSON.stringify(resources(made, 'AWS::EC2::LaunchTemplate'))).toContain('"HttpTokens":"required"');
  });

  it('are started by ingest only', () => {
    const allowed = statements(made).filter(({ Action }) => [Action].flat().includes('ecs:UpdateService'));
    expect(allowed).toHaveLength(1);
    expect(JSON.stringify(allowed[0]?.Resource)).toMatch(/:service\/",\{"Ref":"WorkersCluster\w+"\},"\/workers"/);
    const [service] = resources(made, 'AWS::ECS::Service');
    expect(service?.Properties).toMatchObject({ ServiceName: 'workers' });
    expect(environments(made).filter(({ WAKES }) => WAKES !== undefined)).toHaveLength(1);
  });

  it('are not started without a model', () => {
    expect(resources(synthesize(), 'AWS::ECS::Service')[0]?.Properties['DesiredCount']).toBe(0);
  });
});

describe('CPU workers', () => {
  const made = synthesize({ model, classifier: 'cpu', instanceTypes: ['c7a.4xlarge'], maxWorkers: 2 });

  const containerOf = (workers: ReturnType<typeof synthesize>) => {
    const [task] = resources(workers, 'AWS::ECS::TaskDefinition');
    const [container] = z
      .array(z.looseObject({ Memory: z.number(), Environment: z.array(z.looseObject({})) }))
      .parse(task?.Properties['ContainerDefinitions']);
    return container;
  };

  it('have no GPU and small batches', () => {
    const container = containerOf(made);
    expect(container).not.toHaveProperty('ResourceRequirements');
    expect(container?.Environment).toContainEqual({ Name: 'REQUIRE_GPU', Value: 'false' });
    expect(container?.Environment).toContainEqual({ Name: 'BATCH_SIZE', Value: '8' });
  });

  it.each<[number, string[]]>([
    [6, ['c7a.xlarge', 'm7a.xlarge']],
    [14, ['m7i.xlarge']],
    [14, ['m7i.2xlarge', 'c7i.2xlarge']],
    [30, ['c7a.4xlarge']],
  ])('may use %i GiB, the memory of the smallest of %j without 2 GiB for the system', (gibibytes, instanceTypes) => {
    expect(containerOf(synthesize({ model, classifier: 'cpu', instanceTypes }))?.Memory).toBe(gibibytes * 1024);
  });

  it('run on the given types, with an image of ECS without a driver', () => {
    const [group] = resources(made, 'AWS::AutoScaling::AutoScalingGroup');
    expect(group?.Properties['MixedInstancesPolicy']).toMatchObject({
      LaunchTemplate: { Overrides: [{ InstanceType: 'c7a.4xlarge' }] },
    });
    const [template] = resources(made, 'AWS::EC2::LaunchTemplate');
    const text = JSON.stringify(template);
    expect(text).toMatch(/ecsoptimizedamiamazonlinux2023recommended/i);
    expect(text).not.toMatch(/gpu/i);
  });
});
