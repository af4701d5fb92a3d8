/** A message of a queue as Lambda hands it over, delivered for the first time. */
export function sqsRecord(body: unknown, messageId = 'm1'): Record<string, unknown> {
  return {
    messageId,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:queue',
  };
}

/** A batch of a queue, a message for each body. */
export function sqsEvent(...bodies: readonly unknown[]): { readonly Records: readonly Record<string, unknown>[] } {
  return { Records: bodies.map((body, index) => sqsRecord(body, `m${index + 1}`)) };
}
