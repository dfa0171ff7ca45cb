import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '#config/config';
import { processLogger, runProcess } from '#platform/observability/process';
import { startTracing } from '#platform/observability/tracing';
import { WorkerModule } from './worker.module.js';

/** Time for closing connections after the jobs have had their time. */
const CLOSING_MS = 3_000;

await runProcess(async () => {
  const config = loadConfig(process.env);
  await startTracing(config.observability.otlpEndpoint, 'coditect-worker');
  const logger = processLogger(config);
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger, abortOnError: false });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  // Exit even if a job does not end: its lock then expires, and another worker takes it over.
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => setTimeout(() => process.exit(0), config.workerDrainSeconds * 1000 + CLOSING_MS));
  logger.log({ msg: 'worker started' }, 'worker');
});
