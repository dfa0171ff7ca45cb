import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// The CLI needs the native schema engine, a file that @prisma/engines downloads when it is installed. Where that download
// is blocked, the file is missing, and schema-engine.mjs (WebAssembly, from npm) replaces it (decision record 0018).
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
  // The owner role. The applications connect as license_app and license_system.
  datasource: {
    url: process.env.MIGRATE_DATABASE_URL ?? 'postgresql://license_owner@127.0.0.1:54329/coditect',
  },
});
