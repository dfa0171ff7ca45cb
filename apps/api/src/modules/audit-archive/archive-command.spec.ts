import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRODUCTION, TestApp } from '#test/app';
import { newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import type { TestTenant } from '#test/factory';
import { verifyOffline } from '#test/offline-audit';
import { loadConfig } from '#config/config';
import { runArchiveCommand } from './archive-command.js';
import { openArchiveStore } from './stores/open-archive-store.js';

let api: TestApp;
let tenants: TestTenant[];
let month: string;
beforeAll(async () => {
  api = await TestApp.start();
  tenants = [await api.factory.tenant(), await api.factory.tenant()];
  const earlier = await newMonth(api);
  month = await newMonth(api);
  await sealEntries(api, tenants[0]!.id, earlier, 3);
  for (const { id } of tenants) await sealEntries(api, id, month, 4);
  const archive = new TestArchiver(api, await openArchiveStore(api.config));
  await archive.run();
  await archive.close();
});
afterAll(() => api.stop());

async function command(...args: string[]): Promise<string[]> {
  const said: string[] = [];
  await runArchiveCommand(args, api.config, (line) => said.push(line));
  return said;
}
const file = () => path.join(api.stack.keysDir, 'restored.ndjson');
/** Verifies the restored file with the options that the command printed. */
const verifyAsPrinted = async ([, told = '']: string[]) =>
  verifyOffline(await readFile(file(), 'utf8'), ...told.replace(file(), '').trim().split(' ').slice(3));

describe('given an archived month, an operator', () => {
  it('can verify it', async () => {
    expect(await command('verify', month)).toEqual([
      `${month} is as it was archived: 8 entries of 2 organizations in 1 objects`,
    ]);
  });

  it('can restore the entries of one organization, and verify them offline with the printed command', async () => {
    const said = await command('restore', month, '--tenant', tenants[0]!.slug, '--out', file());
    expect(said[0]).toBe(`4 entries of ${month} are in ${file()}. To verify them offline:`);
    expect(said[1]).toMatch(/^ {2}coditect-license audit verify --after 3:[\w-]{43} /);
    expect(await verifyAsPrinted(said)).toMatchObject({
      exit: 0,
      report: { entries: 4, first_sequence: 4, last_sequence: 7 },
    });
  });

  it('can restore the entries of all organizations', async () => {
    const said = await command('restore', month, '--out', file());
    expect(said[1]).toContain('--archive');
    expect(await verifyAsPrinted(said)).toMatchObject({ exit: 0, report: { entries: 8, organizations: 2 } });
  });

  it.each([
    [['verify', '1999-01'], 'the audit entries of 1999-01 are not archived'],
    [['restore', '{month}', '--tenant', 'nobody', '--out', 'x'], 'there is no organization nobody'],
    [['restore', '{month}'], 'usage: '],
    [['verify', '{month}', '--out', 'x'], 'usage: '],
    [['verify', '2026-13'], 'usage: '],
    [['drop', '{month}'], 'usage: '],
    [[], 'usage: '],
  ])('gets an error for the arguments %j', async (args, message) => {
    await expect(command(...args.map((arg) => arg.replace('{month}', month)))).rejects.toThrow(message);
  });
});

it('given production, when no place for archived entries is configured, then the worker does not start', async () => {
  const env = { ...api.stack.env, ...PRODUCTION, AUDIT_ARCHIVE_DIR: undefined };
  await expect(openArchiveStore(loadConfig(env))).rejects.toThrow(
    'AUDIT_ARCHIVE_BUCKET or AUDIT_ARCHIVE_DIR is needed',
  );
  await openArchiveStore(loadConfig({ ...env, AUDIT_ARCHIVE_BUCKET: 'coditect-audit' }));
});
