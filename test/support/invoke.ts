import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// Calls the entry point of a function as Lambda does. The module is the argument, the event is read from stdin, and the
// answer is printed on a separate line after the output of the function.
const [module = ''] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(module).href);
const context = { awsRequestId: 'request-1', functionName: 'function' };
const answer = await handler(JSON.parse(await text(process.stdin)), context);
console.log(`\nANSWER ${JSON.stringify(answer)}`);
