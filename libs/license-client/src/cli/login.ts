import { storedTokens } from '../credentials.js';
import { AuthenticationError } from '../errors.js';
import { systemTiming } from '../timing.js';
import { command, takesNoArguments } from './command.js';
import { UsageError } from './exit-codes.js';
import { ask, readPassword } from './password.js';

export const login = command({
  summary: 'sign in and keep the login',
  usage: '[--email ADDRESS] [--tenant SLUG] [--password-stdin]',
  help: `  --email ADDRESS    asked for if missing
  --tenant SLUG      needed only if the e-mail belongs to several organizations
  --password-stdin   read the password from standard input; else CODITECT_PASSWORD is used, or you are asked`,
  options: { email: { type: 'string' }, tenant: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  async run({ io, api, state, server }, { email: given, tenant, 'password-stdin': fromStdin = false }, positionals) {
    takesNoArguments(positionals);
    if (given === undefined && fromStdin) throw new UsageError('--password-stdin needs --email');
    const email = given ?? (await ask(io, 'E-mail: ', { echo: true }));
    const password = await readPassword(io, fromStdin);
    // The person vouches for the server now, so its keys are pinned now.
    const jwks = await api.jwks();
    const tokens = await api
      .login({ email, password, ...(tenant !== undefined && { tenant }) })
      .catch((error: unknown) => Promise.reject(withChoice(error)));
    await state.update((kept) => ({
      ...kept,
      login: { ...storedTokens(tokens, systemTiming), email },
      trust: { jwks, issuer: undefined },
    }));
    return { data: { signed_in: true, email, server }, text: `Signed in to ${server} as ${email}.` };
  },
});

function withChoice(error: unknown): unknown {
  if (!(error instanceof AuthenticationError) || error.tenants.length === 0) return error;
  const choice = error.tenants.map(({ slug, name }) => `  --tenant ${slug}   ${name}`).join('\n');
  return new AuthenticationError(`${error.message}\nChoose one:\n${choice}`, error, error.tenants);
}
