import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NoSeats } from '#features/licenses/no-seats';
import { SessionItems } from '#features/sessions/session-items';
import { LiveBadge } from '#live/live-badge';
import { useRefetchInterval } from '#live/live-updates';
import { isFull, stateOf } from '#seats/license-state';
import { type License, licensesQuery } from '#seats/licenses-queries';
import { type Session, sessionsQuery } from '#seats/sessions-queries';
import { useMay, useMe } from '#session/me';
import { Page } from '#shell/page';
import { PageLoading } from '#shell/page-states';
import { Card, CardHeader } from '#ui/card';
import { EmptyState, ErrorState } from '#ui/states';
import { AttentionCard } from './attention-card.tsx';
import { attentionOf, sinceMidnight } from './attention.ts';
import { FirstRun } from './first-run.tsx';
import { denialsQuery, managersQuery } from './overview-queries.ts';
import { SeatsCard } from './seats-card.tsx';
import { DenialsCard, TrendCard } from './week-cards.tsx';

const LATEST = 6;

/** The first page: how many seats are in use, who holds them, and what needs attention. */
export function OverviewPage() {
  const { t } = useTranslation('overview');
  const interval = useRefetchInterval();
  const licenses = useQuery({ ...licensesQuery, refetchInterval: interval });
  const active = useQuery({
    ...sessionsQuery({ status: 'active', limit: LATEST, ordering: '-started_at' }),
    refetchInterval: interval,
  });
  const ever = useQuery({ ...sessionsQuery({ limit: 1, ordering: '-started_at' }), refetchInterval: interval });
  const error = licenses.error ?? active.error ?? ever.error;
  return (
    <Page title={t('title')} actions={<LiveBadge />}>
      {licenses.data && active.data && ever.data ? (
        <Content
          licenses={licenses.data.results}
          active={active.data.results}
          activeCount={active.data.count}
          latest={ever.data.results[0]}
        />
      ) : error ? (
        <ErrorState
          what={t('title')}
          error={error}
          onRetry={() => {
            for (const query of [licenses, active, ever]) void query.refetch();
          }}
        />
      ) : (
        <PageLoading />
      )}
    </Page>
  );
}

interface ContentProps {
  licenses: License[];
  active: Session[];
  activeCount: number;
  /** The latest license session, active or ended. */
  latest: Session | undefined;
}

function Content({ licenses, active, activeCount, latest }: ContentProps) {
  const { t } = useTranslation('overview');
  const may = useMay();
  // Stays mounted when the first seat is taken, to show that it worked.
  const [first, setFirst] = useState(latest === undefined);
  const usable = licenses.find((license) => ['active', 'expiring'].includes(stateOf(license)));
  if (licenses.length === 0)
    return (
      <Card className="p-0">
        <EmptyState icon={KeyRound} title={t('noLicense.title')}>
          {t('noLicense.text')}
        </EmptyState>
      </Card>
    );
  return (
    <>
      {licenses.filter(isFull).map((license) => (
        <NoSeats key={license.id} license={license} />
      ))}
      {first && usable && may('license_session:acquire') ? (
        <FirstRun licenseKey={usable.key} first={latest} onDone={() => setFirst(false)} />
      ) : null}
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
        <SeatsCard licenses={licenses} />
        <Attention licenses={licenses} />
        <LatestSessions sessions={active} count={activeCount} />
        {may('analytics:read') ? (
          <div className="grid grid-cols-1 gap-6">
            <TrendCard />
            <DenialsCard />
          </div>
        ) : null}
      </div>
    </>
  );
}

function Attention({ licenses }: { licenses: License[] }) {
  const me = useMe();
  const may = useMay();
  const denials = useQuery({ ...denialsQuery(), enabled: may('analytics:read') });
  const managers = useQuery({ ...managersQuery, enabled: may('user:update') });
  const items = attentionOf({
    me,
    licenses,
    denialsToday: denials.data && sinceMidnight(denials.data.series),
    managers: managers.data ?? [],
  });
  return <AttentionCard items={items} />;
}

function LatestSessions({ sessions, count }: { sessions: Session[]; count: number }) {
  const { t } = useTranslation('overview');
  const may = useMay();
  return (
    <Card className="p-0">
      <div className="px-5 pt-5">
        <CardHeader
          title={may('license_session:read_all') ? t('sessions.title') : t('sessions.own')}
          actions={
            <Link to="/sessions" className="text-sm text-link underline-offset-4 hover:underline">
              {t('sessions.all', { count })}
            </Link>
          }
        />
      </div>
      {sessions.length > 0 ? (
        <SessionItems sessions={sessions} />
      ) : (
        <p className="px-5 pb-5 text-sm text-muted-foreground">{t('sessions.none')}</p>
      )}
    </Card>
  );
}
