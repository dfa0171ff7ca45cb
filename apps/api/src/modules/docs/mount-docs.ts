import { createRequire } from 'node:module';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Config } from '#config/config';
import { ApiDocument } from './api-document.js';
import { openApiDocument } from './openapi.js';

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** What the documentation needs of the whole application: its routes, and the files of Swagger UI. */
export async function mountDocs(app: NestFastifyApplication): Promise<void> {
  app.get(ApiDocument).makeBy(() => openApiDocument(app, app.get(Config).publicUrl));
  const root = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  await app
    .getHttpAdapter()
    .getInstance()
    .register(fastifyStatic, {
      root,
      prefix: '/docs/assets/',
      decorateReply: false,
      maxAge: 86_400_000,
      allowedPath: (file) => ASSETS.includes(path.basename(file)),
    });
}
