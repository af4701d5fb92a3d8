import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// typedoc needs the API of TypeScript 6, which TypeScript 7 does not have.
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    nextResolve(specifier === 'typescript' ? 'typescript-for-docs' : specifier, context),
});

const { Application } = await import('typedoc');

/**
 * Writes the reference of the library, one Markdown page per entry point, from the comments of the sources.
 * @param folder output; what is there is replaced
 * @throws {Error} if the sources cannot be documented
 */
export async function writeApiDocs(repository: string, folder: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: ['index.ts', 'results/index.ts', 'model/index.ts', 'lambdas/index.ts'].map((path) =>
      join(repository, path),
    ),
    tsconfig: join(repository, 'tsconfig.json'),
    name: 'inception-batch',
    outputs: [{ name: 'markdown', path: folder }],
    readme: 'none',
    skipErrorChecking: true,
    disableSources: true,
    excludeExternals: true,
    excludePrivate: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    sort: ['source-order'],
    groupOrder: ['Functions', 'Interfaces', 'Type Aliases', '*'],
    logLevel: 'Warn',
    ...markdownOptions,
  });
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error('typedoc could not read the sources');
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc could not write the pages');
}

const markdownOptions = {
  outputFileStrategy: 'modules',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: false,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  entryFileName: 'README',
};

if (import.meta.main) {
  const repository = join(import.meta.dirname, '../..');
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(repository, 'docs/api') } } });
  await writeApiDocs(repository, values.out);
}
