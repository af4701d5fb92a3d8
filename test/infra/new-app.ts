import { App, type AppProps } from 'aws-cdk-lib';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** An app whose output is removed with the test: the CDK leaves copies of all assets, 20 MB, in a temporary folder. */
export function newApp(props: AppProps = {}): App {
  return new App({ ...props, outdir: temporaryFolder() });
}
