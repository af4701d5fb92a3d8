import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { defaultSettings } from './settings.ts';
import { stageFileSchema } from './stage-file.ts';

/** The file that stage files name as their `$schema`, so that editors complete and check settings. */
export const stageSchemaFile = 'infra/stage.schema.json';

/** The JSON schema of stage files, with defaults. */
export function stageSchema(): Record<string, unknown> {
  const { properties = {}, ...schema } = z.toJSONSchema(stageFileSchema, { io: 'input' });
  const defaults = new Map<string, unknown>(Object.entries(defaultSettings));
  const described = Object.entries(properties).map(([name, field]) => {
    const rest = typeof field === 'object' ? field : {};
    return [name, defaults.has(name) ? { ...rest, default: defaults.get(name) } : rest];
  });
  return { ...schema, properties: Object.fromEntries(described) };
}

// node infra/stage-schema.ts
if (import.meta.main) writeFileSync(stageSchemaFile, `${JSON.stringify(stageSchema(), null, 2)}\n`);
