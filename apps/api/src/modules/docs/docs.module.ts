import { createRequire } from 'node:module';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiDocument } from './api-document.js';
import { DocsController } from './docs.controller.js';

/** The files of Swagger UI that the reference page loads. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];
const DAY_MS = 86_400_000;

@Module({ controllers: [DocsController], providers: [ApiDocument] })
export class DocsModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    const root = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    // Not awaited: that would start Fastify before Nest has set its error handler. `listen` waits for the plugin.
    void this.host.httpAdapter.getInstance().register(fastifyStatic, {
      root,
      prefix: '/docs/assets/',
      decorateReply: false,
      maxAge: DAY_MS,
      allowedPath: (file) => ASSETS.includes(path.basename(file)),
    });
  }
}
