import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const ANSWER_TIMEOUT_MS = 1000;

/**
 * Makes this process the only launcher of a data directory until it ends. Asks the running launcher itself, so a launcher
 * that was killed leaves nothing to clean up.
 * @throws Error of one line if another launcher uses the directory
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const dir = realpathSync(dataDir);
  const portFile = path.join(dir, 'launcher.port');
  if (existsSync(portFile) && (await claimedBy(Number(readFileSync(portFile, 'utf8')) || 0)) === dir)
    throw new Error(`the product is already running with the data in ${dir}: stop it first`);

  const server = net.createServer((socket) => socket.on('error', () => socket.destroy()).end(dir));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address === 'object' && address) writeFileSync(portFile, String(address.port));
}

/** The data directory of the launcher that listens on `port`, if there is one. */
function claimedBy(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => resolve(answer || undefined));
  });
}
