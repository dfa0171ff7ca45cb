import 'reflect-metadata';
import { AppModule } from './app.module.js';
import { loadConfig } from './config/config.js';
import { createHttpApp } from './platform/http-app.js';
import { processLogger, runProcess } from './platform/process.js';

await runProcess(async () => {
  const config = loadConfig(process.env);
  const app = await createHttpApp(AppModule.forRoot(config), processLogger(config), config);
  await app.listen(config.port, config.host);
});
