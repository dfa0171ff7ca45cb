import 'reflect-metadata';
import { AppModule } from './app.module.js';
import { loadConfig } from '#config/config';
import { createHttpApp } from '#platform/http/http-app';
import { processLogger, runProcess } from '#platform/observability/process';
import { startTracing } from '#platform/observability/tracing';

await runProcess(async () => {
  const config = loadConfig(process.env);
  await startTracing(config.observability.otlpEndpoint, 'coditect-api');
  const app = await createHttpApp(AppModule.forRoot(config), processLogger(config), config);
  await app.listen(config.port, config.host);
});
