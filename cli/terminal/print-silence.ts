import type { AnswerWatchOptions, Silence } from '../../shared/stores/aws/answer-watch.ts';
import { duration } from './duration.ts';

/** Prints one line on stderr when a service falls silent, and one when it answers again. */
export const silenceHooks: Pick<AnswerWatchOptions, 'onSilent' | 'onAnswer'> = {
  onSilent: (silence) => print(`${silenceText(silence)}, no answer to ${silence.request} (see --answer-timeout)`),
  onAnswer: ({ service, ms }) => print(`${service} answers again after ${duration(ms)}`),
};

/** `waiting for http://127.0.0.1:9000 for 40s`. */
export function silenceText({ service, ms }: Silence): string {
  return `waiting for ${service} for ${duration(Math.floor(ms / 1000) * 1000)}`;
}

/** A progress bar leaves its line unfinished. */
function print(line: string): void {
  console.error(process.stderr.isTTY ? `\n${line}` : line);
}
