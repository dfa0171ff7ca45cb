// A host program for the tests. It takes a seat, prints "held", and then does what the variable HOST says.
import { LicenseClient } from '../../dist/client.js';

const { SERVER, HOST, RELEASE_ON_EXIT, CLIENTS = '1' } = process.env;
const clients = Array.from(
  { length: Number(CLIENTS) },
  (_, index) =>
    new LicenseClient({
      baseUrl: SERVER,
      credentials: { accessToken: 'host-token' },
      machineId: `machine ${index}`,
      releaseOnExit: RELEASE_ON_EXIT === 'yes',
    }),
);
const listeners = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit'].map((name) => process.listenerCount(name)).join();
const leaveLater = () => setTimeout(() => process.exit(7), 300);

const before = listeners();
await Promise.all(clients.map((client) => client.acquire()));
const during = listeners();

if (HOST === 'handles') process.on('SIGTERM', leaveLater);
if (HOST === 'handles once') process.once('SIGTERM', leaveLater);
if (HOST === 'releases') {
  await Promise.all(clients.map((client) => client.release()));
  console.log(`${before} ${during} ${listeners()}`);
} else if (HOST === 'ends') {
  process.exitCode = 3;
} else {
  console.log('held');
  setInterval(() => undefined, 1000);
}
