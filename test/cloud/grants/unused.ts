/** Grants that no stood-up pipeline uses, each with the reason why it stays. */
export const unusedGrants: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /FunctionRole\w*: xray:(PutTraceSegments|PutTelemetryRecords) /,
    "Lambda's X-Ray daemon uses it to send traces; no daemon runs here.",
  ],
  [
    /FunctionRole\w*: sqs:(ChangeMessageVisibility|GetQueueUrl) /,
    'The CDK grants it with every event source; AWS lists it for none.',
  ],
];
