import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';

/** Describes an error: in the reader's language if its code has a text, otherwise in the words of the API. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiProblem)) return t('problems.unreachable');
    const key = `problems.${error.code}`;
    if (!i18n.exists(key)) return error.message;
    return t(key as 'problems.rate_limited', { seconds: error.retryAfterSeconds ?? 0 });
  };
}
