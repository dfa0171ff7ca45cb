import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useRefetchInterval } from '#live/live-updates';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Detail, Details, Drawer } from '#ui/drawer';
import { ErrorState, LoadingRows } from '#ui/states';
import { SecondFactor, UserStatusBadge } from './member-badges.tsx';
import { MemberMenu } from './member-menu.tsx';
import { seatsOfQuery, type User, userQuery } from './team-queries.ts';

/** Details of one user. @param id of the user; undefined keeps the drawer closed */
export function PersonDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('team');
  const { data, error, refetch } = useQuery({
    ...userQuery(id ?? ''),
    enabled: id !== undefined,
    refetchInterval: useRefetchInterval(),
  });
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      title={data ? data.name || data.email : t('person.title')}
      description={data?.status === 'removed' ? undefined : data?.email}
    >
      {data ? (
        <Person user={data} />
      ) : error ? (
        <ErrorState what={t('person.title')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Drawer>
  );
}

function Person({ user }: { user: User }) {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const { dateTime, relative } = useFormat();
  const when = (time: string | null) => (time ? `${dateTime(time)} (${relative(time)})` : t('never'));
  return (
    <>
      <Details>
        <Detail name={t('column.role')}>{common(`roles.${user.role}`)}</Detail>
        <Detail name={t('column.status')}>
          <UserStatusBadge status={user.status} />
        </Detail>
        <Detail name={t('person.verified')}>{t(user.email_verified ? 'person.yes' : 'person.no')}</Detail>
        <Detail name={t('column.secondFactor')}>
          <SecondFactor on={user.two_factor_enabled} />
        </Detail>
        <Detail name={t('column.lastSeen')}>{when(user.last_seen_at)}</Detail>
        <Detail name={t('person.lastLogin')}>{when(user.last_login_at)}</Detail>
        <Detail name={t('person.since')}>{dateTime(user.created_at)}</Detail>
        <Detail name={t('person.id')}>
          <span className="flex items-center gap-1">
            <code className="text-xs break-all">{user.id}</code>
            <CopyButton text={user.id} />
          </span>
        </Detail>
      </Details>
      <Seats user={user} />
      <div>
        <MemberMenu
          user={user}
          trigger={
            <Button variant="outline">
              {t('menu.label')}
              <ChevronDown aria-hidden />
            </Button>
          }
        />
      </div>
    </>
  );
}

function Seats({ user }: { user: User }) {
  const { t } = useTranslation('team');
  const { relative } = useFormat();
  const { data, error } = useQuery({ ...seatsOfQuery(user.id), refetchInterval: useRefetchInterval() });
  return (
    <section className="grid gap-2">
      <h3 className="text-sm font-semibold">{t('person.seats')}</h3>
      {error ? <ErrorState what={t('person.seats')} error={error} /> : null}
      {data?.results.length === 0 ? <p className="text-sm text-muted-foreground">{t('person.noSeats')}</p> : null}
      <ul className="grid gap-2">
        {data?.results.map((session) => (
          <li key={session.id} className="flex items-center justify-between gap-3 rounded-lg border p-3 text-sm">
            <span className="min-w-0">
              <span className="block truncate font-medium">{session.machine_id}</span>
              <span className="text-xs text-muted-foreground">
                {t('person.holdsSince', { time: relative(session.started_at) })}
              </span>
            </span>
            <Link to="/sessions" search={{ id: session.id }} className="shrink-0 text-link hover:underline">
              {t('person.session')}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
