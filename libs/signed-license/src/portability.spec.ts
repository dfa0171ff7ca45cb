import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { bundleForBrowser } from '../test/bundle.js';
import { toJwks } from './jwks.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, ISSUED_AT, ISSUER, signedLicense } from './vectors/vector-licenses.js';

const VERIFY = new URL('verify.ts', import.meta.url);

/** Follows static, dynamic and type imports from a module. Returns the specifiers of packages and own sources. */
function reachableImports(entry: URL): { specifiers: Set<string>; files: Set<string> } {
  const specifiers = new Set<string>();
  const files = new Set<string>();
  const pending = [entry];
  for (let file = pending.pop(); file; file = pending.pop()) {
    if (files.has(file.href)) continue;
    files.add(file.href);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      specifiers.add(fileName);
      if (!isNodeBuiltin(fileName)) pending.push(resolve(fileName, file));
    }
  }
  return { specifiers, files };
}

function resolve(specifier: string, from: URL): URL {
  if (!specifier.startsWith('.')) return new URL(import.meta.resolve(specifier));
  return new URL(from.pathname.endsWith('.ts') ? specifier.replace(/\.js$/, '.ts') : specifier, from);
}

function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

describe('the verifier outside Node', () => {
  it('imports no Node modules, directly or indirectly', () => {
    const { specifiers, files } = reachableImports(VERIFY);
    expect([...files].filter((file) => file.includes('/jose/')).length).toBeGreaterThan(3);
    expect([...specifiers]).toContain('./payload.js');
    expect([...specifiers].filter(isNodeBuiltin)).toStrictEqual([]);
  });

  it('is the only one: the same search finds Node modules in the signer', () => {
    const { specifiers } = reachableImports(new URL('local-signer.ts', import.meta.url));
    expect([...specifiers]).toEqual(expect.arrayContaining(['node:crypto', 'node:fs/promises']));
  });

  it('bundles for browsers into one file without imports, and verifies without Node globals', async () => {
    const bundle = await bundleForBrowser(VERIFY);
    expect(bundle.imports).toStrictEqual([]);
    expect(bundle.dynamicImports).toStrictEqual([]);
    expect(bundle.moduleIds.filter((id) => id.includes('browser-external'))).toStrictEqual([]);

    const keys = await readTestKeys();
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { token, bundle, options } = workerData;
       for (const name of ['process', 'Buffer', 'global', 'require', 'module']) delete globalThis[name];
       import(bundle)
         .then(({ verifyLicense }) => verifyLicense(token, { ...options, now: () => options.now }))
         .then((payload) => parentPort.postMessage({ payload, node: typeof process + typeof Buffer }));`,
      {
        eval: true,
        workerData: {
          token: signedLicense(BASE_PAYLOAD, keys.active).token,
          bundle: `data:text/javascript,${encodeURIComponent(bundle.code)}`,
          options: { jwks: toJwks([keys.active.record]), issuer: ISSUER, now: ISSUED_AT },
        },
      },
    );
    const [message] = await once(worker, 'message');
    expect(message).toStrictEqual({ payload: BASE_PAYLOAD, node: 'undefinedundefined' });
    await worker.terminate();
  });
});
