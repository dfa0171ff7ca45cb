import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { threadPoolSize } from './server.js';

export interface RsaMeasurement {
  signatures: number;
  seconds: number;
  cpuMs: number;
}

// src and dist are equally deep; the program has to be JavaScript.
const SIGNER = fileURLToPath(new URL('../dist/rsa-signer.js', import.meta.url));

/** How many RSA-4096 signatures this machine makes with this Node, through libuv's pool as the API does. */
export async function measureRsa(key: string, seconds: number, inFlight: number): Promise<RsaMeasurement> {
  const child = spawn(process.execPath, [SIGNER, String(seconds), String(inFlight)], {
    env: { UV_THREADPOOL_SIZE: String(threadPoolSize) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(key);
  const output = await text(child.stdout);
  if (output === '') throw new Error(`${SIGNER} did not measure anything: is the workspace built (npm run build)?`);
  const measurement: RsaMeasurement = JSON.parse(output);
  return measurement;
}
