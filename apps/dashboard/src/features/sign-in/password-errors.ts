import type { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { oneOf } from '#shell/search-params';

const FAULTS = ['too_short', 'too_long', 'password_breached', 'contains_context'] as const;

/** Describes what is wrong with a new password, in the reader's language. Only the API knows the rules.
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
