import 'reflect-metadata';
import { AppModule } from './app.module.js';
import { loadConfig } from './config/config.js';
import { createHttpApp } from './platform/http-app.js';
import { processLogger, runProcess } from './platform/process.js';
import { startTracing } from './platform/tracing.js';

await runProcess(async () => {
  const config = loadConfig(process.env);
  await startTracing(config.observability.otlpEndpoint, 'coditect-api');
  const app = await createHttpApp(AppModule.forRoot(config), processLogger(config), config);
  await app.listen(config.port, config.host);
});
