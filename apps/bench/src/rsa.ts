import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { endOf, lastOutput } from '@coditect/local-stack/server-process';
import { unexpectedEnd } from './child-end.js';
import { threadPoolSize } from './server.js';

export interface RsaMeasurement {
  signatures: number;
  seconds: number;
  cpuMs: number;
}

// The path is valid from src and dist, which are equally deep. The process needs compiled JavaScript.
const SIGNER = fileURLToPath(new URL('../dist/rsa-signer.js', import.meta.url));

/** Measures how many RSA-4096 signatures this machine and Node make in libuv's pool, as the API does. */
export async function measureRsa(key: string, seconds: number, inFlight: number): Promise<RsaMeasurement> {
  const child = spawn(process.execPath, [SIGNER, String(seconds), String(inFlight)], {
    env: { UV_THREADPOOL_SIZE: String(threadPoolSize) },
    stdio: 'pipe',
  });
  const ended = endOf(child, lastOutput(child));
  child.stdin.on('error', () => {}); // an ended process does not read; its end is reported below
  child.stdin.end(key);
  const output = await text(child.stdout);
  const end = await ended;
  if (end.reason !== 'exit code 0') throw unexpectedEnd('the process that signs', end);
  const measurement: RsaMeasurement = JSON.parse(output);
  return measurement;
}
