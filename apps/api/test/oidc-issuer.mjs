// An OpenID provider in a process of its own. oidc-issuer.ts starts it, and says how it behaves. This process asks
// oidc-issuer.ts before each answer, so what a test sets takes effect with the next request. Arguments: port (0: any),
// redirect URIs.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, ...redirectUris] = process.argv.slice(2);
const [key, foreignKey] = [newKey(), newKey()];
const waiting = new Map();
let asked = 0;
let behaviour = {};

process.on('disconnect', () => process.exit()); // ends with the test that started it
process.on('message', ({ id, answer }) => {
  waiting.get(id)?.(answer);
  waiting.delete(id);
});

const server = createServer();
server.listen(Number(port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const answer = provider(issuer).callback();
  const asToldNow = async (request, response) => {
    behaviour = await ask({ wants: 'behaviour' });
    await answer(request, response);
  };
  server.on('request', (request, response) => void asToldNow(request, response));
  process.send({ issuer });
});

function ask(question) {
  asked += 1;
  const id = asked;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    process.send({ id, ...question });
  });
}

function provider(issuer) {
  const jwk = { ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: 'RS256', use: 'sig' };
  const made = new Provider(issuer, {
    clients: [{ ...JSON.parse(process.env.OIDC_CLIENT), redirect_uris: redirectUris, response_types: ['code'] }],
    jwks: { keys: [jwk] },
    cookies: { keys: ['of a test'] },
    ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => behaviour.requiresPkce },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...(await ask({ wants: 'account', login: id })) }),
    }),
  });
  made.use(async (context, next) => {
    await next();
    const idToken = context.body?.id_token;
    if (idToken && (behaviour.lies || behaviour.signsWithForeignKey)) context.body.id_token = await signed(idToken);
  });
  return made;
}

async function signed(idToken) {
  const [head, content] = idToken.split('.');
  const claims = JSON.parse(Buffer.from(content, 'base64url').toString());
  const changed = Buffer.from(JSON.stringify(await ask({ wants: 'lie', claims }))).toString('base64url');
  const { privateKey } = behaviour.signsWithForeignKey ? foreignKey : key;
  return `${head}.${changed}.${sign('sha256', Buffer.from(`${head}.${changed}`), privateKey).toString('base64url')}`;
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { privateKey, kid };
}
