import { openLocalSigner } from '@coditect/signed-license/local-signer';
import { runProcess } from '#platform/observability/process';
import { licenseSigningDir, openKeys } from '#platform/secrets/keys';

const USAGE = `usage: node apps/api/dist/keys-cli.js COMMAND DIR

  init             creates the keys of a deployment that are missing in DIR
  add-signing-key  adds a license signing key version; old licenses stay valid
`;

/** The operators' command for keys. It prints no secrets. */
await runProcess(async () => {
  const [command, dir] = process.argv.slice(2);
  if (!dir || !['init', 'add-signing-key'].includes(command ?? '')) throw new Error(USAGE);
  if (command === 'init') await openKeys(dir, 'create');
  const signer = await openLocalSigner(await licenseSigningDir(dir, command === 'init' ? 'create' : 'production'));
  const keyId = command === 'init' ? signer.keyId() : await signer.addVersion();
  process.stdout.write(`licenses are signed with key ${keyId}\n`);
});
