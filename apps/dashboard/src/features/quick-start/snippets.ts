import { keysOf } from '#shell/keys-of';
interface Place {
  /** `https://licenses.example.com` */
  server: string;
  licenseKey: string;
}

/** The ways to a first seat, ready to paste. */
export const snippets = {
  cli: ({ server, licenseKey }: Place) => `npm install --global @coditect/license-client
export CODITECT_SERVER=${server}

coditect-license login
coditect-license acquire --license-key ${licenseKey}
coditect-license heartbeat
coditect-license release`,

  curl: ({ server, licenseKey }: Place) => `export CODITECT_API_KEY=cak_…

TOKEN=$(curl -fsS ${server}/api/v1/licenses/acquire \\
  -H "Authorization: Bearer $CODITECT_API_KEY" -H 'Content-Type: application/json' \\
  -d '{"license_key":"${licenseKey}","machine_id":"'"$(uuidgen)"'"}' | jq -r .session_token)

curl ${server}/api/v1/licenses/heartbeat \\
  -H 'Content-Type: application/json' -d '{"session_token":"'"$TOKEN"'"}'

curl ${server}/api/v1/licenses/release \\
  -H 'Content-Type: application/json' -d '{"session_token":"'"$TOKEN"'"}'`,

  typescript: ({ server, licenseKey }: Place) => `import { LicenseClient } from '@coditect/license-client';

const client = new LicenseClient({
  baseUrl: '${server}',
  credentials: { apiKey: process.env.CODITECT_API_KEY! },
  releaseOnExit: true,
});
client.on('lost', ({ error }) => console.error(error.message));

const seat = await client.acquire({ licenseKey: '${licenseKey}' });
console.log(\`Seat \${seat.seatNo} until \${seat.expiresAt.toISOString()}\`);

await client.release();`,
} as const;

export const snippetNames = keysOf(snippets);
