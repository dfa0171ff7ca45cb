import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { SessionItems } from '#features/sessions/session-items';
import { useRefetchInterval } from '#live/live-updates';
import type { License } from '#seats/licenses-queries';
import { sessionsQuery } from '#seats/sessions-queries';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ErrorState, LoadingRows } from '#ui/states';

const SHOWN = 8;

/** The latest holders of seats of a license, and a link to all. */
export function Holders({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const may = useMay();
  const { data, error, refetch } = useQuery({
    ...sessionsQuery({ status: 'active', license_id: license.id, limit: SHOWN, ordering: '-started_at' }),
    refetchInterval: useRefetchInterval(),
  });
  return (
    <Card className="p-0">
      <div className="px-5 pt-5">
        <CardHeader
          title={may('license_session:read_all') ? t('holders') : t('ownSeats')}
          actions={
            <Button variant="outline" size="sm" asChild>
              <Link to="/sessions" search={{ license: license.id }}>
                {t('allHolders')}
              </Link>
            </Button>
          }
        />
      </div>
      {data ? (
        data.results.length > 0 ? (
          <SessionItems sessions={data.results} />
        ) : (
          <p className="px-5 pb-5 text-sm text-muted-foreground">{t('nobody')}</p>
        )
      ) : error ? (
        <ErrorState what={t('holders')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows rows={3} />
      )}
    </Card>
  );
}
