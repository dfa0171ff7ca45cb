import { useMutation } from '@tanstack/react-query';
import { BadgeCheck, FileUp, ShieldAlert } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { cn } from '#ui/class-names';
import { Field } from '#ui/field';
import { Textarea } from '#ui/input';
import type { Verdict } from './verification.ts';

/** No license is larger, and a larger text would block the browser. */
const MAX_BYTES = 100_000;

/** Verifies a signed license in the browser. Nothing is sent to a server. */
export function VerifyLicense() {
  const { t } = useTranslation('licenses');
  const problemText = useProblemText();
  const [text, setText] = useState('');
  const [over, setOver] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  // The cryptography loads when it is first used.
  const check = useMutation({
    mutationFn: async (license: string) => (await import('./verification.ts')).verdictOn(license),
  });
  const take = async (chosen: File | undefined) => {
    if (!chosen) return;
    const content = chosen.size > MAX_BYTES ? '' : await chosen.text();
    setText(content);
    check.mutate(content);
  };
  return (
    <Card>
      <CardHeader title={t('verify.title')} hint={t('verify.hint')} />
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          check.mutate(text);
        }}
      >
        <Field label={t('verify.label')} hint={t('verify.drop')}>
          <Textarea
            rows={5}
            spellCheck={false}
            maxLength={MAX_BYTES}
            className={cn('font-mono text-xs', over && 'border-primary bg-primary-soft')}
            value={text}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(false);
              void take(event.dataTransfer.files[0]);
            }}
            onChange={(event) => {
              setText(event.target.value);
              check.reset();
            }}
          />
        </Field>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" busy={check.isPending} disabled={text.trim() === ''}>
            {t('verify.action')}
          </Button>
          <Button variant="outline" onClick={() => file.current?.click()}>
            <FileUp aria-hidden />
            {t('verify.file')}
          </Button>
          <input
            ref={file}
            type="file"
            accept=".json,.jwt,.txt,application/json"
            aria-label={t('verify.file')}
            className="hidden"
            onChange={(event) => {
              void take(event.target.files?.[0]);
              event.target.value = ''; // allows choosing the same file again
            }}
          />
        </div>
        <div role="status" className="empty:hidden">
          {check.data ? <Result verdict={check.data} /> : null}
          {check.error ? <p className="text-sm text-danger">{problemText(check.error)}</p> : null}
        </div>
      </form>
    </Card>
  );
}

function Result({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation('licenses');
  const { dateTime, list } = useFormat();
  if (!verdict.valid)
    return (
      <div className="flex gap-3 rounded-lg bg-danger-soft p-4 text-sm text-danger-soft-foreground">
        <ShieldAlert className="size-5 shrink-0" aria-hidden />
        <div>
          <p className="font-semibold">{t('verify.invalid')}</p>
          <p>{t(`verify.codes.${verdict.code}`)}</p>
          <p className="mt-1 text-xs">
            <code>{verdict.code}</code>: {verdict.reason}
          </p>
        </div>
      </div>
    );
  const { payload } = verdict;
  const claims: [name: string, value: string][] = [
    [t('verify.claims.until'), dateTime(new Date(payload.exp * 1000))],
    [t('verify.claims.issued'), dateTime(new Date(payload.iat * 1000))],
    [t('verify.claims.issuer'), payload.iss],
    [t('verify.claims.plan'), payload.plan_tier],
    [t('verify.claims.features'), list(payload.features)],
    [t('verify.claims.seat'), String(payload.seat_no)],
    [t('verify.claims.machine'), payload.machine_id],
    [t('verify.claims.license'), payload.license_id],
    [t('verify.claims.session'), payload.session_id],
    [t('verify.claims.user'), payload.user_id],
    [t('verify.claims.tenant'), payload.tenant_id],
  ];
  return (
    <div className="grid gap-3 rounded-lg bg-success-soft p-4 text-sm text-success-soft-foreground">
      <p className="flex items-center gap-3 font-semibold">
        <BadgeCheck className="size-5 shrink-0" aria-hidden />
        {t('verify.valid')}
      </p>
      <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {claims.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs">{name}</dt>
            <dd className="font-medium break-words">{value || '–'}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
