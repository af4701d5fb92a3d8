import type { S3Client } from '@aws-sdk/client-s3';
import { awsClients } from '../../shared/stores/aws/clients.ts';

/** An S3-compatible server that tests use. */
export interface S3Server {
  /** Shown in the names of the tests. */
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** undefined if no server is available; the setup of the project says why. */
    s3Server: S3Server | undefined;
  }
}

/** The environment with which the command and its clients reach a server. */
export function environmentOf({ accessKeyId, secretAccessKey, region }: S3Server): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region };
}

/** A client of a server with the options of the product. */
export function clientOf(server: S3Server): S3Client {
  return awsClients({ endpoint: server.endpoint, region: server.region }).s3;
}
