// A separate process, so that its libuv pool is as large as that of the API and has nothing else to do. Arguments:
// seconds, signatures in flight. Standard input: the RSA private key in PEM. Output: JSON.
import { constants, createPrivateKey, randomBytes, sign } from 'node:crypto';
import { text } from 'node:stream/consumers';

const [seconds = 1, inFlight = 1] = process.argv.slice(2).map(Number);
const key = { key: createPrivateKey(await text(process.stdin)), padding: constants.RSA_PKCS1_PADDING };
const message = randomBytes(700); // about the size of a signed license

const begun = performance.now();
const cpuBegun = process.cpuUsage();
let signatures = 0;
let open = inFlight;

function signNext(): void {
  sign('sha256', message, key, (error) => {
    if (error) throw error;
    signatures += 1;
    if (performance.now() - begun < seconds * 1000) signNext();
    else if (--open === 0) finish();
  });
}

function finish(): void {
  const { user, system } = process.cpuUsage(cpuBegun);
  const result = { signatures, seconds: (performance.now() - begun) / 1000, cpuMs: (user + system) / 1000 };
  process.stdout.write(JSON.stringify(result));
}

for (let i = 0; i < inFlight; i += 1) signNext();
