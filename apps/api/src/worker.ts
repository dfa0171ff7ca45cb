import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from './config/config.js';
import { processLogger, runProcess } from './platform/process.js';
import { startTracing } from './platform/tracing.js';
import { WorkerModule } from './worker.module.js';

await runProcess(async () => {
  const config = loadConfig(process.env);
  await startTracing(config.observability.otlpEndpoint, 'coditect-worker');
  const logger = processLogger(config);
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger, abortOnError: false });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
});
