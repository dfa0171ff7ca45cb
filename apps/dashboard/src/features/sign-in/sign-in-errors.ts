import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';

/** Describes why a sign-in was refused: by the problem code that a provider returned with, or by the error thrown. */
export function useSignInError(): { ofCode: (code: string) => string; of: (error: unknown) => string } {
  const { t, i18n } = useTranslation('sign-in');
  const problemText = useProblemText();
  const known = (code: string) => i18n.exists(`errors.${code}`, { ns: 'sign-in' });
  const ofCode = (code: string) => t(known(code) ? (`errors.${code}` as 'errors.no_account') : 'errors.unknown');
  return {
    ofCode,
    of: (error) => (error instanceof ApiProblem && known(error.code) ? ofCode(error.code) : problemText(error)),
  };
}
