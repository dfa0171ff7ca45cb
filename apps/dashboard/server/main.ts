import { fileURLToPath } from 'node:url';
import { createPagesServer } from './pages.js';

const apiUrl = process.env['API_URL'];
if (!apiUrl) throw new Error('API_URL is missing: where the API is reached from here, as in http://127.0.0.1:3000');

const app = await createPagesServer({ root: fileURLToPath(new URL('../dist', import.meta.url)), apiUrl });
await app.listen({ host: process.env['HOST'] ?? '127.0.0.1', port: Number(process.env['PORT'] ?? 3001) });
console.log('dashboard started');

const stop = () => {
  app.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// Like the other services that `npm start` runs, this one ends when its parent process ends.
if (process.env['DIE_WITH_PARENT'] === '1') process.once('disconnect', () => process.exit(0));
