import { MalformedEvent } from './malformed-event.ts';
import type { UploadEvent } from './upload-event.ts';

/** The content of one message. */
export interface UploadMessage {
  readonly events: readonly UploadEvent[];
  /** Names of the S3 events that are neither an upload nor a deletion, such as `ObjectTagging:Put`. */
  readonly otherEvents: readonly string[];
  /** What is wrong with each record that cannot be parsed. */
  readonly invalidRecords: readonly string[];
}

export function messageOf(content: Partial<UploadMessage>): UploadMessage {
  return { events: [], otherEvents: [], invalidRecords: [], ...content };
}

/**
 * Parses each record of a message. An invalid record does not affect the others.
 * @throws {MalformedEvent} of the first record if no record is valid
 */
export function parseRecords(
  records: readonly unknown[],
  parse: (record: unknown, index: number) => UploadMessage,
): UploadMessage {
  const errors: MalformedEvent[] = [];
  const parts = records.map((record, index) => {
    const position = `record ${index + 1} of ${records.length}`;
    try {
      const message = parse(record, index);
      // Records nest: SNS passes messages that contain records.
      return { ...message, invalidRecords: message.invalidRecords.map((problem) => nestedIn(position, problem)) };
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      errors.push(error);
      return messageOf({ invalidRecords: [`${position}: ${error.message}`] });
    }
  });
  if (errors[0] !== undefined && errors.length === records.length) throw errors[0];
  return {
    events: parts.flatMap(({ events }) => events),
    otherEvents: parts.flatMap(({ otherEvents }) => otherEvents),
    invalidRecords: parts.flatMap(({ invalidRecords }) => invalidRecords),
  };
}

/** `record 1 of 3: …` as `record 1 of 3 in record 2 of 2: …`. */
function nestedIn(position: string, problem: string): string {
  return problem.replace(':', ` in ${position}:`);
}
