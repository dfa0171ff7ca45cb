import { CircleCheck, CircleX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';

type Attempt = Omit<Message['WebhookTest'], 'succeeded'>;

const isSuccess = ({ status_code }: Attempt) => status_code !== null && status_code >= 200 && status_code < 300;

/** The result of one request to an endpoint. */
export function AttemptResult({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation('developers');
  const { number, dateTime } = useFormat();
  const succeeded = isSuccess(attempt);
  const Icon = succeeded ? CircleCheck : CircleX;
  return (
    <div className="grid grid-cols-1 gap-2">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <Icon aria-hidden className={`size-4 ${succeeded ? 'text-success' : 'text-danger'}`} />
        <span className="font-medium">{t(succeeded ? 'attempt.succeeded' : 'attempt.failed')}</span>
        <span className="tabular-nums">{attempt.status_code ?? attempt.error ?? t('attempt.noAnswer')}</span>
        <span className="text-muted-foreground tabular-nums">{number(attempt.duration_ms)} ms</span>
        <time dateTime={attempt.attempted_at} className="text-xs text-muted-foreground">
          {dateTime(attempt.attempted_at)}
        </time>
      </p>
      {attempt.status_code !== null && attempt.error ? <p className="text-sm text-danger">{attempt.error}</p> : null}
      {attempt.body ? (
        <pre
          role="region"
          tabIndex={0}
          aria-label={t('attempt.body')}
          className="max-h-48 overflow-auto rounded-lg border bg-muted p-3 text-xs"
        >
          {attempt.body}
        </pre>
      ) : null}
    </div>
  );
}
