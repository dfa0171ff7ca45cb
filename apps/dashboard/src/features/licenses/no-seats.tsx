import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Users } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EndSession } from '#features/sessions/end-session';
import { Ago, shortMachine } from '#features/sessions/lease';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { useRefetchInterval } from '#live/live-updates';
import { contactsQuery, type License, licenseLabel } from '#seats/licenses-queries';
import { ownSessionsQuery, type Session } from '#seats/sessions-queries';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';
import { useMay, useMe } from '#session/me';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';

const SHOWN = 5;

/**
 * What a user can do when all seats of a license are taken: release an own seat, end another session, or ask an admin.
 */
export function NoSeats({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const may = useMay();
  const { number } = useFormat();
  const total = number(license.seats_total);
  return (
    <Card className="border-warning/60">
      <CardHeader
        title={t('noSeats.title', { license: licenseLabel(license) })}
        hint={t('noSeats.text', { count: license.seats_total, total })}
        actions={
          may('license_session:end_any') ? (
            <Button variant="outline" asChild>
              <Link to="/sessions" search={{ license: license.id }}>
                <Users aria-hidden />
                {t('noSeats.holders')}
              </Link>
            </Button>
          ) : null
        }
      />
      {may('license_session:hold') ? <OwnSeats license={license} /> : null}
      {may('license_session:acquire') && !may('license_session:end_any') ? <AskForSeat license={license} /> : null}
    </Card>
  );
}

function OwnSeats({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const me = useMe();
  const [ending, setEnding] = useState<Session>();
  const { data } = useQuery({ ...ownSessionsQuery(me.id, license.id), refetchInterval: useRefetchInterval() });
  // The session with the oldest heartbeat is the least likely to be needed.
  const own = (data?.results ?? [])
    .toSorted((a, b) => a.last_heartbeat_at.localeCompare(b.last_heartbeat_at))
    .slice(0, SHOWN);
  return (
    <>
      {own.length > 0 ? (
        <div className="mb-4 grid gap-2">
          <h3 className="text-sm font-medium">{t('noSeats.own')}</h3>
          <ul className="grid gap-2">
            {own.map((session) => (
              <li
                key={session.id}
                className="flex flex-wrap items-center justify-between gap-2 rounded-lg border px-3 py-2 text-sm"
              >
                <span>
                  {t('noSeats.seat', { seat: session.seat_no, machine: shortMachine(session.machine_id) })}
                  <span className="block text-xs text-muted-foreground">
                    {t('noSeats.heard')} <Ago at={session.last_heartbeat_at} />
                  </span>
                </span>
                <Button variant="outline" size="sm" onClick={() => setEnding(session)}>
                  {t('noSeats.takeOver')}
                </Button>
              </li>
            ))}
          </ul>
          <p className="text-xs text-muted-foreground">{t('noSeats.takeOverHint')}</p>
        </div>
      ) : null}
      <EndSession session={ending} onClose={() => setEnding(undefined)} />
    </>
  );
}

function AskForSeat({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const { list } = useFormat();
  const { data } = useQuery(contactsQuery(license.id));
  const ask = useAsk(license.id);
  const problemText = useAskProblem();
  const names = (contacts: Message['LicenseContacts']['contacts']) =>
    list(contacts.map(({ name, role }) => t('noSeats.contact', { name, role: t(`roles.${role}`, { ns: 'common' }) })));
  if (!data || data.contacts.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p>{t('noSeats.contacts', { names: names(data.contacts) })}</p>
      <Button busy={ask.isPending} disabled={ask.isSuccess} onClick={() => ask.mutate()}>
        {t('noSeats.ask')}
      </Button>
      <p role="status" className="w-full empty:hidden">
        {ask.isSuccess ? t('noSeats.asked', { names: names(ask.data.contacts) }) : null}
        {ask.isError ? problemText(ask.error) : null}
      </p>
    </div>
  );
}

function useAsk(id: string) {
  const idempotent = useIdempotent();
  return useMutation({
    mutationFn: () =>
      idempotent((key) =>
        answerOf(
          api.POST('/api/v1/licenses/{id}/seat-requests', {
            params: { path: { id }, header: { 'Idempotency-Key': key } },
          }),
        ),
      ),
  });
}

/** The API allows one request per hour. Reaching that limit is no mistake of the user, so the text only says when to
 *  ask again. */
function useAskProblem(): (error: unknown) => string {
  const { t } = useTranslation('licenses');
  const problemText = useProblemText();
  return (error) =>
    error instanceof ApiProblem && error.code === 'rate_limited'
      ? t('noSeats.askedBefore', { count: Math.ceil((error.retryAfterSeconds ?? 60) / 60) })
      : problemText(error);
}
