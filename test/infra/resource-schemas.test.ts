import { describe, expect, it } from 'vitest';
import { resourceFaults } from './resource-faults.ts';
import { synthesize, variants } from './synthesize.ts';

describe("CloudFormation's resource schemas", () => {
  it.each(Object.entries(variants))('are met by a pipeline %s', (_, settings) => {
    const made = synthesize(settings);
    expect(made.length).toBeGreaterThan(50);
    expect(resourceFaults(made)).toEqual([]);
  });

  const queue = (Properties: Record<string, unknown>) =>
    resourceFaults([{ id: 'Q', Type: 'AWS::SQS::Queue', Properties }]);

  it('find an unknown type, an unknown property, and one that is missing', () => {
    expect(resourceFaults([{ id: 'X', Type: 'AWS::SQS::Quee', Properties: {} }])).toEqual([
      'X: AWS::SQS::Quee is not a resource type',
    ]);
    expect(queue({ VisibilityTimeOut: 30 })).toEqual(['Q (AWS::SQS::Queue): VisibilityTimeOut is not a property']);
    expect(resourceFaults([{ id: 'P', Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: ['q'] } }])).toEqual([
      'P (AWS::SQS::QueuePolicy): PolicyDocument is missing',
    ]);
  });

  it('find a wrong type, also inside', () => {
    expect(queue({ VisibilityTimeout: '30' })).toEqual([
      'Q (AWS::SQS::Queue): VisibilityTimeout must be a whole number, not "30"',
    ]);
    expect(queue({ VisibilityTimeout: { Ref: 'Seconds' }, Tags: [{ Key: 'a', Value: 'b' }] })).toEqual([]);
    expect(queue({ Tags: [{ Name: 'a' }] })).toHaveLength(1);
    const rules = { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 'a week' }] } };
    expect(resourceFaults([{ id: 'B', Type: 'AWS::S3::Bucket', Properties: rules }])).toEqual([
      'B (AWS::S3::Bucket): LifecycleConfiguration : Rules [0] : ExpirationInDays must be a whole number, not "a week"',
    ]);
  });
});
