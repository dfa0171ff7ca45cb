import os from 'node:os';
import { storedTokens } from '../credentials.js';
import { signInByDevice } from '../device-sign-in.js';
import { AuthenticationError } from '../errors.js';
import type { LicenseApi } from '../license-api.js';
import { systemTiming } from '../timing.js';
import type { LoginRequest, TokenResponse } from '../wire.js';
import { command, takesNoArguments } from './command.js';
import type { Context, Io } from './context.js';
import { UsageError } from './exit-codes.js';
import { ask, readPassword } from './password.js';

interface SignedIn {
  tokens: TokenResponse;
  email: string;
}

const MAX_CLIENT_NAME = 100;

export const login = command({
  summary: 'sign in and keep the login',
  usage: '[--email ADDRESS [--tenant SLUG] [--password-stdin]]',
  help: `  Without options, shows a code to approve in a browser on any machine.

  --email ADDRESS    sign in with a password instead
  --tenant SLUG      needed only if the e-mail belongs to several organizations
  --password-stdin   read the password from standard input; default: CODITECT_PASSWORD, else you are asked`,
  options: { email: { type: 'string' }, tenant: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  async run(context, { email: given, tenant, 'password-stdin': fromStdin = false }, positionals) {
    takesNoArguments(positionals);
    if (given === undefined && fromStdin) throw new UsageError('--password-stdin needs --email');
    if (given === undefined && tenant !== undefined) throw new UsageError('--tenant needs --email');
    const { io, api, state, server } = context;
    const request = given !== undefined && {
      email: given,
      password: await readPassword(io, fromStdin),
      ...(tenant !== undefined && { tenant }),
    };
    // The user trusts this server now, so its keys are pinned now.
    const jwks = await api.jwks();
    const { tokens, email } = request ? await byPassword(io, api, request) : await byDevice(context);
    await state.update((kept) => ({
      ...kept,
      login: { ...storedTokens(tokens, systemTiming), email },
      trust: { jwks, issuer: undefined },
    }));
    return { data: { signed_in: true, email, server }, text: `Signed in to ${server} as ${email}.` };
  },
});

async function byDevice({ api, say }: Context): Promise<SignedIn> {
  const tokens = await signInByDevice(api, systemTiming, {
    clientName: `coditect-license on ${os.hostname()}`.slice(0, MAX_CLIENT_NAME),
    announce({ verification_uri, verification_uri_complete, user_code }) {
      say(`open ${verification_uri} and enter the code ${user_code}`);
      say(`or open ${verification_uri_complete}`);
    },
  });
  try {
    return { tokens, email: (await api.me(tokens.access_token)).email };
  } catch (error) {
    await api.logout(tokens.refresh_token).catch(() => undefined); // a login that cannot be kept must not stay open
    throw error;
  }
}

async function byPassword(io: Io, api: LicenseApi, request: LoginRequest): Promise<SignedIn> {
  try {
    return { tokens: await api.login(request), email: request.email };
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    const asked = error.code === 'two_factor_required' && request.two_factor_code === undefined && io.stdin.isTTY;
    if (!asked) throw withChoice(error);
    const code = await ask(io, 'Code of the second factor: ', { echo: true });
    return await byPassword(io, api, { ...request, two_factor_code: code.trim() });
  }
}

function withChoice(error: AuthenticationError): AuthenticationError {
  if (error.tenants.length === 0) return error;
  const choice = error.tenants.map(({ slug, name }) => `  --tenant ${slug}   ${name}`).join('\n');
  return new AuthenticationError(`${error.message}\nChoose one:\n${choice}`, error, error.tenants);
}
