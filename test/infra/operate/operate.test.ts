import { afterEach, describe, expect, it } from 'vitest';
import { model, synthesize } from '../synthesize.ts';
import { type DeployedStage, deployStage } from './deployed-stage.ts';
import { runOperate } from './run-operate.ts';

const gpu = synthesize({ model });
let stage: DeployedStage | undefined;

afterEach(() => {
  expect(stage?.unexpected ?? []).toEqual([]);
  stage = undefined;
});

const operate = (...args: string[]) => runOperate(stage?.url, args);

describe('stop', () => {
  it('turns off every event source and the scaling, and leaves workers to their crops', async () => {
    stage = await deployStage(gpu);
    const { stdout, code } = await operate('stop', '--stage', 'dev');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'inception-batch-dev is stopped',
        '  deployments that would resume it  allowed -> refused',
        '  event source of Ingest            on -> off',
        '  event source of Jobs              on -> off',
        '  scaling that starts workers       active -> suspended',
        '2 workers process the crops that wait; give --workers to end them now',
        '',
      ].join('\n'),
    );
    expect(stage).toMatchObject({ scaling: 'suspended', desiredWorkers: 2 });
    expect([...stage.eventSources]).toEqual([
      ['Ingest', false],
      ['Jobs', false],
    ]);
    expect(JSON.parse(stage.stackPolicy ?? '')).toMatchObject({
      Statement: [
        { Effect: 'Allow', Resource: '*' },
        {
          Effect: 'Deny',
          Resource: [/^LogicalResourceId\/IngestFunctionSqs/, /\/ScalingTarget/, /\/JobsFunctionSqs/].map((id) =>
            expect.stringMatching(id),
          ),
        },
      ],
    });
  });

  it('ends workers with --workers, and changes nothing when repeated', async () => {
    stage = await deployStage(gpu);
    await operate('stop', '--stage', 'dev', '--workers');
    expect(stage.desiredWorkers).toBe(0);
    const writes = [...stage.writes];
    const { stdout } = await operate('stop', '--stage', 'dev', '--workers', '--json');
    expect(stage.writes).toEqual(writes);
    expect(JSON.parse(stdout)).toEqual({
      stack: 'inception-batch-dev',
      changes: [
        { resource: 'deployments that would resume it', before: 'refused', after: 'refused' },
        { resource: 'event source of Ingest', before: 'off', after: 'off' },
        { resource: 'event source of Jobs', before: 'off', after: 'off' },
        { resource: 'scaling that starts workers', before: 'suspended', after: 'suspended' },
        { resource: 'desired workers', before: '0', after: '0' },
      ],
      failures: [],
    });
  });

  it('stops a stage without workers', async () => {
    stage = await deployStage(synthesize({ model, classifier: 'lambda' }));
    const { stdout } = await operate('stop', '--stage', 'dev', '--workers');
    expect(stdout).toContain('event source of Classify          on -> off');
    expect(stdout).not.toContain('workers');
    expect(stage.writes).toHaveLength(4);
  });

  it('recognizes its stack policy however it is formatted', async () => {
    stage = await deployStage(gpu);
    await operate('stop', '--stage', 'dev');
    stage.stackPolicy = JSON.stringify(JSON.parse(stage.stackPolicy ?? ''), undefined, 2);
    const { stdout } = await operate('resume', '--stage', 'dev');
    expect(stdout).toContain('deployments that would resume it  refused -> allowed');
  });

  it('leaves a stack policy of the user alone', async () => {
    stage = await deployStage(gpu);
    stage.stackPolicy = '{"Statement":[]}';
    const { stdout } = await operate('stop', '--stage', 'dev');
    expect(stage.stackPolicy).toBe('{"Statement":[]}');
    expect(stdout).toContain('deployments that would resume it  as your own stack policy says, as before');
  });
});

describe('a step that AWS refuses', () => {
  it('does not keep the others from being done, and is named, in text and in JSON', async () => {
    stage = await deployStage(gpu);
    stage.errors.set('PUT Ingest', 'AccessDeniedException');
    const { stdout, stderr, code } = await operate('stop', '--stage', 'dev', '--workers');
    expect(stdout).toMatch(/^inception-batch-dev is only partly stopped\n/);
    expect(stdout).toContain('event source of Ingest            FAILED: AccessDeniedException: refused\n');
    expect(stdout).toContain('desired workers                   2 -> 0\n');
    expect(stderr).toBe('inception-batch: 1 of 5 steps failed: run the command again\n');
    expect(code).toBe(1);
    const again = await operate('stop', '--stage', 'dev', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      failures: [{ resource: 'event source of Ingest', problem: 'AccessDeniedException: refused' }],
    });
    expect(again.code).toBe(1);
  });
});

describe('resume', () => {
  it('undoes stop', async () => {
    stage = await deployStage(gpu);
    await operate('stop', '--stage', 'dev');
    const { stdout, code } = await operate('resume', '--stage', 'dev');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'inception-batch-dev is resumed',
        '  scaling that starts workers       suspended -> active',
        '  event source of Ingest            off -> on',
        '  event source of Jobs              off -> on',
        '  deployments that would resume it  refused -> allowed',
        '',
      ].join('\n'),
    );
    expect(stage).toMatchObject({ scaling: 'active', desiredWorkers: 2 });
    expect(stage.stackPolicy).not.toContain('Deny');
  });

  it('leaves ingest off if the file of the stage pauses it', async () => {
    stage = await deployStage(synthesize({ model, paused: true }));
    await operate('stop', '--stage', 'dev');
    const { stdout } = await operate('resume', '--stage', 'dev');
    expect([...stage.eventSources]).toEqual([
      ['Ingest', false],
      ['Jobs', true],
    ]);
    expect(stdout).toContain('Ingest stays off: the stage is deployed with "paused": true\n');
  });
});

describe('a wrong command', () => {
  it.each([
    [
      'an unknown stage',
      ['stop', '--stage', 'prod'],
      /the stack inception-batch-prod does not exist .*check --stage, --stack/,
    ],
    ['no stage', ['stop'], /give --stage STAGE/],
    ['a name that no stage has', ['stop', '--stage', 'Prod_1'], /Prod_1 is not a stage: .* a-z, 0-9 and -, starting/],
    [
      'an unknown option',
      ['stop', '--stage', 'dev', '--now'],
      /^inception-batch: Unknown option '--now', see --help\n$/,
    ],
    ['an unknown command', ['pause', '--stage', 'dev'], /give stop or resume/],
    ['options that npm has taken', ['stop', 'dev'], /unexpected dev: write npm run stop -- --stage STAGE/],
    ['two stages', ['stop', '--stage=dev', '--stage=prod'], /give --stage once/],
    ['resume with --workers', ['resume', '--stage', 'dev', '--workers'], /omit --workers/],
  ])('with %s fails in one line', async (_, args, expected) => {
    stage = await deployStage(gpu);
    const { stderr, code } = await operate(...args);
    expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
    expect(stderr).toMatch(expected);
    expect(code).toBe(1);
    expect(stage.writes).toEqual([]);
  });

  it('is explained by --help', async () => {
    const { stdout, code } = await operate('--help');
    expect(stdout).toMatch(/^usage: npm run stop -- --stage STAGE/);
    expect(code).toBe(0);
  });
});
