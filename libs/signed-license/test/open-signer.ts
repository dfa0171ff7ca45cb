import { openLocalSigner } from '../src/local-signer.js';

// Run as a child process: waits for a directory, opens it, answers with the active key id.
process.once('message', (dir: string) => {
  void openLocalSigner(dir).then((signer) => process.send?.(signer.keyId(), () => process.disconnect()));
});
process.send?.('ready');
