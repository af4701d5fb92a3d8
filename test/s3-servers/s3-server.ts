/** An S3-compatible server that tests use. */
export interface S3Server {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server that a test project started. */
export interface StartedServer {
  readonly server: S3Server;
  stop(): Promise<void>;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** null if none is available: the setup of the project says why. */
    s3Server: S3Server | null;
  }
}
