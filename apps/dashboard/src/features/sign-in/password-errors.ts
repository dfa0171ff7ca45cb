import type { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { oneOf } from '#shell/search-params';

const FAULTS = ['too_short', 'too_long', 'password_breached', 'contains_context'] as const;

/** What the API has against a new password, in the reader's language. The rules are there, and only there.
 *  @param field of the request */
export function usePasswordErrors(): (problem: ApiProblem, field: string) => string | undefined {
  const { t } = useTranslation('sign-in');
  return ({ errors }, field) => {
    const texts = errors
      .filter(({ path }) => path === field)
      .map(({ code, message }) => {
        const fault = oneOf(FAULTS, code);
        return fault ? t(`password.${fault}`) : message;
      });
    return texts.length > 0 ? texts.join(' ') : undefined;
  };
}
