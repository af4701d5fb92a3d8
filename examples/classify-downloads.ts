// Labels of images on the web, without a file on disk: node classify-downloads.ts https://example.org/a.jpg …
import { type ImageInput, openModel } from 'inception-batch';

/** Each download starts when there is room for the image, 64 at the same time or more, and is read as it arrives. */
async function* downloads(addresses: readonly string[]): AsyncGenerator<ImageInput> {
  for (const address of addresses) {
    try {
      const { body, ok, status } = await fetch(address);
      if (ok && body !== null) yield { name: address, stream: body };
      else console.error(address, `HTTP status ${status}`);
    } catch (error) {
      console.error(address, error instanceof Error ? error.message : error); // the other addresses go on
    }
  }
}

await using model = await openModel();
// Ends the program within a minute, even if a server never answers.
const signal = AbortSignal.timeout(60_000);
for await (const image of model.classify(downloads(process.argv.slice(2)), { signal })) {
  if (image.status === 'rejected') console.log(image.name, image.reason, image.detail);
  else for (const { label, probability } of image.top) console.log(image.name, label, probability.toFixed(3));
}
