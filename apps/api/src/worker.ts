import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '#config/config';
import { processLogger, runProcess } from '#platform/observability/process';
import { startTracing } from '#platform/observability/tracing';
import { WorkerModule } from './worker.module.js';

/** What closing connections may take after the jobs had their time. */
const CLOSING_MS = 3_000;

await runProcess(async () => {
  const config = loadConfig(process.env);
  await startTracing(config.observability.otlpEndpoint, 'coditect-worker');
  const logger = processLogger(config);
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger, abortOnError: false });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  // A job that does not end cannot keep the process: its lock runs out, and another worker takes it over.
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => setTimeout(() => process.exit(0), config.workerDrainSeconds * 1000 + CLOSING_MS));
  logger.log({ msg: 'worker started' }, 'worker');
});
