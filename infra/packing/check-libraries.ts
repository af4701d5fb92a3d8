import { driverLibrary, missingLibraries } from '../../shared/inference/accelerator/missing-libraries.ts';

// node check-libraries.mjs FILE, in an image: fails the build if the image lacks a library that the file needs. No image
// contains the driver's.
const [file = ''] = process.argv.slice(2);
const missing = missingLibraries(file).filter((library) => library !== driverLibrary);
if (missing.length > 0) {
  console.error(`${file} needs libraries that this image does not contain: ${missing.join(', ')}`);
  process.exitCode = 1;
}
