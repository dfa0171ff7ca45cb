import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { LicenseBadge } from '#features/licenses/license-badge';
import { useFormat } from '#i18n/format';
import { stateOf } from '#seats/license-state';
import { type License, licenseLabel } from '#seats/licenses-queries';
import { Card, CardHeader } from '#ui/card';
import { Meter } from '#ui/meter';

/** Seats in use of the seats bought: in total, and per license with its remaining time. */
export function SeatsCard({ licenses }: { licenses: readonly License[] }) {
  const { t } = useTranslation('overview');
  const format = useFormat();
  const { number } = format;
  const granting = licenses.filter((license) => ['active', 'expiring'].includes(stateOf(license)));
  const used = granting.reduce((sum, license) => sum + license.seats_in_use, 0);
  const total = granting.reduce((sum, license) => sum + license.seats_total, 0);
  return (
    <Card>
      <CardHeader title={t('seats.title')} />
      <p className="text-4xl font-semibold tracking-tight tabular-nums">
        {number(used)}
        <span className="text-lg font-normal text-muted-foreground"> {t('seats.of', { total: number(total) })}</span>
      </p>
      <ul className="mt-5 grid gap-4">
        {licenses.map((license) => (
          <li key={license.id} className="grid gap-1.5 text-sm">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <Link
                to="/licenses/$id"
                params={{ id: license.id }}
                className="font-medium underline-offset-4 hover:underline"
              >
                {licenseLabel(license)}
              </Link>
              <span className="tabular-nums">
                {t('seats.ofLicense', { used: number(license.seats_in_use), total: number(license.seats_total) })}
              </span>
            </div>
            <Meter label={licenseLabel(license)} value={license.seats_in_use} max={license.seats_total} />
            <div className="flex flex-wrap items-center justify-between gap-2 text-xs text-muted-foreground">
              <LicenseBadge license={license} />
              {license.valid_until ? (
                <span title={format.date(license.valid_until)}>
                  {t('seats.until', { time: format.relative(license.valid_until) })}
                </span>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
