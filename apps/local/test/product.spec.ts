import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, RunningProduct } from './product.js';

let product: RunningProduct;
let workDir: string;
beforeAll(async () => {
  workDir = await mkdtemp(path.join(os.tmpdir(), 'readme-'));
  product = await RunningProduct.start(await RunningProduct.newDataDir());
});
afterAll(async () => {
  await product.stop();
  await RunningProduct.remove(product.dataDir);
  await rm(workDir, { recursive: true });
});

/** Runs commands as a person would paste them: in a shell, in an empty folder, until the first one fails. */
async function paste(commands: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${path.join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    CODITECT_CONFIG_DIR: path.join(workDir, 'config'),
  };
  // npx would look for the client in the project of the empty folder
  const script = `set -euo pipefail\nnpx() { "$@"; }\n${commands}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, cwd: workDir });
  return stdout;
}

/** Returns the shell blocks of one section of the README, with the address of this product. */
async function readmeSection(title: string): Promise<string> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  const section = readme.split(/^## /m).find((text) => text.startsWith(title));
  if (!section) throw new Error(`the README has no section "${title}"`);
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]);
  return blocks.join('').replaceAll('http://localhost:3000', product.url);
}

describe('given the running product, when the commands of the README are pasted', () => {
  it('then curl takes, keeps, lists and releases a seat, and shows a refusal', async () => {
    const output = await paste(await readmeSection('A tour with curl'));
    const [acquired, beat, list, released, refused] = jsonObjects(output);
    expect(acquired).toMatchObject({ seat_no: 1, signed_license: { algorithm: 'RSA_SIGN_PKCS1_4096_SHA256' } });
    expect(beat).toMatchObject({ session_id: acquired!['session_id'], status: 'active' });
    expect(list).toMatchObject({ count: 1, results: [{ id: acquired!['session_id'] }] });
    expect(released).toMatchObject({ status: 'released' });
    expect(refused).toMatchObject({ code: 'entitlement_missing', missing_features: ['teleportation'] });
  });

  it('then the command line client does the same, and runs a command while it holds a seat', async () => {
    const output = await paste(await readmeSection('With the command line client'));
    expect(output).toContain('a seat is held while this runs');
  });
});

describe('given the printed text of the start', () => {
  it('then its curl lines and its lines of the command line client can be pasted', async () => {
    const commands = product.printed.match(/^ {2}(TOKEN=|curl|export|printf|npx).*$/gm) ?? [];
    expect(commands.length).toBeGreaterThan(5);
    expect(await paste(commands.join('\n'))).toContain('session_token');
  });

  it('then it contains a working login for each role', async () => {
    const logins = [...product.printed.matchAll(/^ {2}(\w+) +(\S+@\S+) +password (\S+)$/gm)];
    expect(new Set(logins.map((login) => login[1]))).toEqual(new Set(['owner', 'admin', 'member', 'viewer']));
    for (const [, , email, password] of logins) {
      const answer = await fetch(`${product.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      });
      expect(answer.status).toBe(200);
    }
  });
});

/** Parses JSON objects that commands printed one after another, without line breaks between them. */
function jsonObjects(text: string): Record<string, unknown>[] {
  const objects: Record<string, unknown>[] = [];
  for (let rest = text.trim(); rest !== '';) {
    let end = rest.indexOf('}') + 1;
    for (; ; end = rest.indexOf('}', end) + 1) {
      try {
        objects.push(JSON.parse(rest.slice(0, end)) as Record<string, unknown>);
        break;
      } catch (error) {
        if (end === 0) throw error;
      }
    }
    rest = rest.slice(end).trim();
  }
  return objects;
}
