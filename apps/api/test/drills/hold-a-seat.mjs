// A client program as a customer embeds it, to be killed: takes a seat through the SDK, says so, and keeps it.
// Arguments: base URL, access token, machine id.
import { LicenseClient } from '@coditect/license-client/client';

const [baseUrl, accessToken, machineId] = process.argv.slice(2);
const client = new LicenseClient({ baseUrl, credentials: { accessToken }, machineId });
client.on('lost', () => process.stdout.write('lost\n'));
const seat = await client.acquire();
process.stdout.write(`holds ${seat.sessionId}\n`);
process.stdin.resume(); // ends with the test that started it
process.stdin.once('end', () => process.exit());
