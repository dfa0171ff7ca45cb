import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { optionalText } from './optional-text.ts';

/** Describes an error: in the reader's language if its code has a text, otherwise in the words of the API. */
export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiProblem)) return t('problems.unreachable');
    const seconds = error.retryAfterSeconds ?? 0;
    return optionalText('common', `problems.${error.code}`, { seconds }) ?? error.message;
  };
}
