import { DataType, type Field, type Schema, type Struct } from 'apache-arrow';
import { Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { unseenReasons } from '../shared/failures/failure.ts';
import { regionSchema } from '../shared/rows/region-schema.ts';
import { resultSchema } from '../shared/rows/schema.ts';
import { regionsPrefix, resultsPrefix } from '../shared/stores/keys.ts';
import type { Settings } from './settings.ts';

/** No part is older. */
const firstDay = '2026-01-01';
/** Athena writes query results here; they are deleted after a week. */
export const queryResultsPrefix = 'athena/';
/** Maximum bytes that a query may read: a mistake costs 5 dollars at most. */
const maxBytesScanned = 1_000_000_000_000;

/** The results for Athena: tables of all parts, partitioned by day, and a view with each image once. */
export class ResultsTable extends Construct {
  constructor(scope: Construct, id: string, { results, settings }: { results: Bucket; settings: Settings }) {
    super(scope, id);
    const name = `inception_batch_${settings.stage.replaceAll('-', '_')}`;
    const catalogId = Stack.of(this).account;
    const database = new CfnDatabase(this, 'Database', { catalogId, databaseInput: { name } });
    const tables = [
      new CfnTable(this, 'Parts', {
        catalogId,
        databaseName: name,
        tableInput: partsTable({
          name: 'parts',
          description: 'All rows that were ever written; an image may have several',
          location: `s3://${results.bucketName}/${resultsPrefix}`,
          schema: resultSchema,
        }),
      }),
      new CfnTable(this, 'RegionParts', {
        catalogId,
        databaseName: name,
        tableInput: partsTable({
          name: 'region_parts',
          description: 'The embeddings of all regions that were ever kept; a region may have several',
          location: `s3://${results.bucketName}/${regionsPrefix}`,
          schema: regionSchema,
        }),
      }),
    ];
    for (const table of tables) table.addResourceDependency(database);
    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: `inception-batch-${settings.stage}`,
      description: 'Queries on the results',
      // A workgroup contains saved queries, no data.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: false,
        bytesScannedCutoffPerQuery: maxBytesScanned,
        resultConfiguration: {
          outputLocation: `s3://${results.bucketName}/${queryResultsPrefix}`,
          encryptionConfiguration: results.encryptionKey
            ? { encryptionOption: 'SSE_KMS', kmsKey: results.encryptionKey.keyArn }
            : { encryptionOption: 'SSE_S3' },
        },
      },
    });
    const view = new CfnNamedQuery(this, 'ImagesView', {
      name: 'create the view images',
      description: 'Run it once. The view has one row per image, model and preprocessing: the latest',
      database: name,
      workGroup: workGroup.name,
      queryString: imagesView,
    });
    view.addResourceDependency(workGroup);
    for (const table of tables) view.addResourceDependency(table);
  }
}

const isUnseen = `coalesce(reason in (${unseenReasons.map((reason) => `'${reason}'`).join(', ')}), false)`;

/** The same choice of rows as in `results/open/create-view.ts`, but without applying deletions. */
const imagesView = `create or replace view images as
select * from (
  select *,
    row_number() over (
      partition by image_id, model, preprocess
      order by case when status = 'classified' then 0 when ${isUnseen} then 2 else 1 end,
        coalesce(classified_at, ingested_at) desc
    ) as of_image,
    row_number() over (
      partition by bucket, key, model, preprocess
      order by coalesce(classified_at, ingested_at) desc
    ) as of_key
  from parts where status <> 'deleted'
) where of_image = 1 and (of_key = 1 or not ${isUnseen})`;

interface PartsTable {
  readonly name: string;
  readonly description: string;
  /** Of the folders of days. */
  readonly location: string;
  readonly schema: Schema;
}

/** Parquet files in a folder per day. */
function partsTable({ name, description, location, schema }: PartsTable): CfnTable.TableInputProperty {
  return {
    name,
    description,
    tableType: 'EXTERNAL_TABLE',
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      'projection.date.range': `${firstDay},NOW`,
      'storage.location.template': `${location}date=\${date}/`,
    },
    partitionKeys: [{ name: 'date', type: 'string' }],
    storageDescriptor: {
      location,
      columns: columnsOf(schema),
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    },
  };
}

/** The Hive columns of an Arrow schema. */
export function columnsOf(schema: Schema): { name: string; type: string }[] {
  return schema.fields.map(({ name, type }) => ({ name, type: hiveType(type) }));
}

/** @throws {Error} on a type that no column of the results has so far */
function hiveType(type: DataType): string {
  if (DataType.isUtf8(type)) return 'string';
  if (DataType.isTimestamp(type)) return 'timestamp';
  if (DataType.isFloat(type)) return 'float';
  if (DataType.isInt(type)) return type.bitWidth === 64 ? 'bigint' : 'int';
  if (DataType.isList(type)) return `array<${hiveType(elementOf(type.children).type)}>`;
  if (DataType.isStruct(type)) return `struct<${structFields(type)}>`;
  throw new Error(`add a Hive type for ${type}`);
}

function structFields(type: Struct): string {
  return type.children.map((field) => `${field.name}:${hiveType(field.type)}`).join(',');
}

function elementOf([field]: readonly Field[]): Field {
  if (field === undefined) throw new Error('a list has no element type');
  return field;
}
