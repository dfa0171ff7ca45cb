import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { optionalText } from '#i18n/optional-text';
import { useProblemText } from '#i18n/problem-text';

/** Describes why a sign-in was refused: by the problem code that a provider returned with, or by the error thrown. */
export function useSignInError(): { ofCode: (code: string) => string; of: (error: unknown) => string } {
  const { t } = useTranslation('sign-in');
  const problemText = useProblemText();
  const textOf = (code: string) => optionalText('sign-in', `errors.${code}`);
  return {
    ofCode: (code) => textOf(code) ?? t('errors.unknown'),
    of: (error) => (error instanceof ApiProblem ? textOf(error.code) : undefined) ?? problemText(error),
  };
}
