import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from './config/config.js';
import { processLogger, runProcess } from './platform/process.js';
import { WorkerModule } from './worker.module.js';

await runProcess(async () => {
  const config = loadConfig(process.env);
  const logger = processLogger(config);
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger, abortOnError: false });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
});
