import { useQuery } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { CopyButton } from '#ui/copy-button';
import { auditVerificationQuery } from './audit-queries.ts';

type Verified = Message['AuditVerification'] & { verified_at: string };

/** Verifies the hash chain of the log. This reads all of it, so it runs only on request. */
export function ChainCard() {
  const { t } = useTranslation('audit');
  const problemText = useProblemText();
  const { data, error, isFetching, refetch } = useQuery(auditVerificationQuery);
  const Icon = data ? (data.valid ? ShieldCheck : ShieldAlert) : ShieldQuestion;
  return (
    <Card className="flex flex-wrap items-center gap-4 py-4">
      <Icon
        aria-hidden
        className={`size-6 shrink-0 ${data ? (data.valid ? 'text-success' : 'text-danger') : 'text-muted-foreground'}`}
      />
      <div role="status" className="min-w-0 flex-1 basis-64">
        <h2 className="text-sm font-semibold">{t('chain.title')}</h2>
        {data ? <Result result={data} /> : <p className="text-sm text-muted-foreground">{t('chain.hint')}</p>}
        {error ? <p className="text-sm text-danger">{problemText(error)}</p> : null}
      </div>
      {data?.last_hash ? <CopyButton text={data.last_hash} label={t('chain.copyHash')} /> : null}
      <Button variant="outline" size="sm" busy={isFetching} onClick={() => void refetch()}>
        {t(isFetching ? 'chain.verifying' : data ? 'chain.again' : 'chain.verify')}
      </Button>
    </Card>
  );
}

function Result({ result }: { result: Verified }) {
  const { t } = useTranslation('audit');
  const { number, dateTime } = useFormat();
  const { valid, entries, broken_at, archived_through, erased } = result;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <Badge tone={valid ? 'success' : 'danger'}>{t(valid ? 'chain.valid' : 'chain.invalid')}</Badge>
        <span className="text-muted-foreground">
          {t('chain.entries', { count: entries, number: number(entries), time: dateTime(result.verified_at) })}
          {archived_through ? ` ${t('chain.archived', { sequence: number(archived_through.sequence) })}` : null}
          {erased > 0 ? ` ${t('chain.erased', { count: erased, number: number(erased) })}` : null}
        </span>
      </p>
      {broken_at ? (
        <p role="alert" className="mt-1 text-sm text-danger">
          {t('chain.brokenAt', {
            sequence: number(broken_at.sequence),
            reason: t(`chain.reasons.${broken_at.reason}`),
          })}
        </p>
      ) : null}
    </>
  );
}
