import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// The CLI insists on the native schema engine, a file that @prisma/engines downloads into its own folder when it is
// installed. Only where that download is blocked is the file missing; then schema-engine.mjs (wasm, from npm) answers.
function nativeEngineInstalled(): boolean {
  try {
    const fromPrisma = createRequire(createRequire(import.meta.url).resolve('prisma/package.json'));
    const engines = path.dirname(fromPrisma.resolve('@prisma/engines/package.json'));
    return readdirSync(engines).some((file) => file.startsWith('schema-engine-'));
  } catch {
    return false;
  }
}
if (!process.env.PRISMA_SCHEMA_ENGINE_BINARY && !nativeEngineInstalled())
  process.env.PRISMA_SCHEMA_ENGINE_BINARY = fileURLToPath(new URL('./schema-engine.mjs', import.meta.url));

export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  // The owner role: the applications themselves connect as license_app and license_system.
  datasource: {
    url: process.env.MIGRATE_DATABASE_URL ?? 'postgresql://license_owner@127.0.0.1:54329/coditect',
  },
});
