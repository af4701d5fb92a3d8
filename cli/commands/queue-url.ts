import { InvalidArgumentError } from 'commander';

/** Parses the URL of an SQS queue. */
export function queueUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError(
    'Give the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/uploads.',
  );
}

/** Parses the URLs of an option that can be repeated. */
export function queueUrls(text: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, queueUrl(text)])];
}
