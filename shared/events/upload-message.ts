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
 * @throws {MalformedEvent} if no record is valid: of the first, and with the problems of all
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
      return { ...message, invalidRecords: nestedIn(position, message) };
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      errors.push(error);
      const isNested = error.invalidRecords.length > 0;
      return messageOf({ invalidRecords: isNested ? nestedIn(position, error) : [`${position}: ${error.message}`] });
    }
  });
  const invalidRecords = parts.flatMap((part) => part.invalidRecords);
  const [first, ...others] = errors;
  if (first !== undefined && errors.length === records.length) {
    if (others.length === 0) throw first;
    throw new MalformedEvent(`${first.message} (and ${others.length} more invalid)`, { cause: first, invalidRecords });
  }
  return {
    events: parts.flatMap(({ events }) => events),
    otherEvents: parts.flatMap(({ otherEvents }) => otherEvents),
    invalidRecords,
  };
}

/** `record 1 of 3: …` as `record 1 of 3 in record 2 of 2: …`: SNS passes messages that contain records. */
function nestedIn(position: string, { invalidRecords }: Pick<UploadMessage, 'invalidRecords'>): string[] {
  return invalidRecords.map((problem) => problem.replace(':', ` in ${position}:`));
}
