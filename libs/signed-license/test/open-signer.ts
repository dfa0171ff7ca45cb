import { openLocalSigner } from '../src/local-signer.js';

// Runs as a child process: waits for a directory, opens it, and returns the active key id.
process.once('message', (dir: string) => {
  void openLocalSigner(dir).then((signer) => process.send?.(signer.keyId(), () => process.disconnect()));
});
process.send?.('ready');
