// A Lambda function of your own for the uploads queue, for an app that deploys it itself.
// The handler is opened once, when Lambda loads this module.
import { openIngestHandler } from 'inception-batch/lambdas';

export const handler = await openIngestHandler(process.env, {
  onImage: ({ key, outcome, reason }) => console.log(`${key}: ${outcome} ${reason ?? ''}`),
});
