import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, KeyRound, LoaderCircle } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useRefetchInterval } from '#live/live-updates';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { CodeBlock } from '#ui/code-block';
import { CopyButton } from '#ui/copy-button';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { EmptyState, ErrorState, LoadingRows } from '#ui/states';
import { activeLicensesQuery, latestSeatQuery } from './quick-start-queries.ts';
import { snippetNames, snippets } from './snippets.ts';

/** The shortest way to a first seat, with the organization's own values filled in. */
export function QuickStart() {
  const { t } = useTranslation('developers');
  const [chosen, setChosen] = useState<string>();
  const { data, error, refetch } = useQuery(activeLicensesQuery);
  if (error)
    return <Card>{<ErrorState what={t('quickStart.license')} error={error} onRetry={() => void refetch()} />}</Card>;
  if (!data)
    return (
      <Card>
        <LoadingRows />
      </Card>
    );
  const licenses = data.results;
  const license = licenses.find(({ id }) => id === chosen) ?? licenses[0];
  if (!license)
    return (
      <Card>
        <EmptyState icon={KeyRound} title={t('quickStart.noLicense')}>
          {t('quickStart.noLicenseText')}
        </EmptyState>
      </Card>
    );
  // The dashboard forwards requests for the API, so its own address serves both.
  const place = { server: window.location.origin, licenseKey: license.key };
  return (
    <>
      <FirstSeat />
      <Card>
        <CardHeader title={t('quickStart.values')} hint={t('quickStart.valuesHint')} />
        {licenses.length > 1 ? (
          <div className="mb-4 max-w-sm">
            <Field label={t('quickStart.license')}>
              <Select value={license.id} onChange={({ target }) => setChosen(target.value)}>
                {licenses.map(({ id, product, key }) => (
                  <option key={id} value={id}>
                    {product} · {key}
                  </option>
                ))}
              </Select>
            </Field>
          </div>
        ) : null}
        <dl className="grid gap-3 sm:grid-cols-2">
          <Copyable name={t('quickStart.licenseKey')} text={place.licenseKey} />
          <Copyable name={t('quickStart.server')} text={place.server} />
        </dl>
      </Card>
      {snippetNames.map((name) => (
        <Card key={name}>
          <CardHeader
            title={t(`quickStart.${name}.title`)}
            hint={t(`quickStart.${name}.hint`)}
            actions={KEY_LINK[name]}
          />
          <CodeBlock text={snippets[name](place)} label={t(`quickStart.${name}.title`)} />
        </Card>
      ))}
    </>
  );
}

function KeyLink() {
  const { t } = useTranslation('developers');
  return (
    <Button variant="outline" size="sm" asChild>
      <Link to="/developers" search={{ tab: 'api-keys' }}>
        <KeyRound aria-hidden />
        {t('quickStart.makeKey')}
      </Link>
    </Button>
  );
}
const KEY_LINK: Record<keyof typeof snippets, ReactNode> = { cli: null, curl: <KeyLink />, typescript: <KeyLink /> };

function Copyable({ name, text }: { name: string; text: string }) {
  return (
    <div className="min-w-0 rounded-lg border px-3 py-1.5">
      <dt className="text-xs text-muted-foreground">{name}</dt>
      <dd className="flex items-center justify-between gap-2 font-mono text-sm">
        <span className="truncate">{text}</span>
        <CopyButton text={text} />
      </dd>
    </div>
  );
}

/** Turns green when the first seat is taken. */
function FirstSeat() {
  const { t } = useTranslation('developers');
  const { relative } = useFormat();
  const { data } = useQuery({ ...latestSeatQuery(useMe().id), refetchInterval: useRefetchInterval() });
  const seat = data?.results[0];
  return (
    <p
      role="status"
      className="flex min-h-12 items-center gap-3 rounded-xl border bg-surface px-5 py-3 text-sm shadow-xs"
    >
      {seat ? (
        <>
          <CircleCheck className="size-5 shrink-0 text-success" aria-hidden />
          <span>{t('quickStart.taken', { seat: seat.seat_no, time: relative(seat.started_at) })}</span>
        </>
      ) : data ? (
        <>
          <LoaderCircle className="size-5 shrink-0 animate-spin text-muted-foreground" aria-hidden />
          <span>{t('quickStart.waiting')}</span>
        </>
      ) : null}
    </p>
  );
}
