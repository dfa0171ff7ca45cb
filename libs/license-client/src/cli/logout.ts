import type { StoredTokens } from '../credentials.js';
import { LicenseClientError } from '../errors.js';
import { command, takesNoArguments } from './command.js';

export const logout = command({
  summary: 'end the login; a held seat stays until it is released or its lease ends',
  usage: '',
  help: '',
  options: {},
  async run(context, _values, positionals) {
    takesNoArguments(positionals);
    let ended: StoredTokens | undefined;
    await context.state.update(({ login, ...rest }) => {
      ended = login;
      return rest;
    });
    if (!ended) return { data: { signed_in: false }, text: 'You were not signed in.' };
    try {
      await context.api.logout(ended.refreshToken);
    } catch (error) {
      if (!(error instanceof LicenseClientError)) throw error;
      context.say(`the server could not be told (${error.message}); the login was still removed from this machine`);
    }
    return { data: { signed_in: false }, text: 'Signed out.' };
  },
});
