import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, type ComponentProps, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '#ui/field';
import { Input, Select } from '#ui/input';
import { licensesQuery } from './analytics-queries.ts';
import { analyticsSearch } from './analytics-search.ts';
import { useAnalyticsSearch, usePeriod, usePlannedLicense } from './analytics-state.ts';
import { daysOf, ranges } from './period.ts';

/** The choice of license, period and bucket. */
export function AnalyticsFilters() {
  const { t } = useTranslation('analytics');
  const [search, change] = useAnalyticsSearch();
  const { view = 'usage', range = '30d' } = search;
  const { period, now } = usePeriod();
  const days = daysOf(period);
  return (
    <form
      aria-label={t('filters.label')}
      className="grid grid-cols-2 items-start gap-3 sm:flex sm:flex-wrap"
      onSubmit={(event) => event.preventDefault()}
    >
      <LicenseFilter />
      <Field label={t('filters.range')}>
        <Select
          value={range}
          onChange={({ target }) =>
            change({
              ...analyticsSearch({ range: target.value }),
              ...(target.value === 'custom' ? days : NO_DAYS),
              bucket: undefined,
            })
          }
        >
          {ranges.map((one) => (
            <option key={one} value={one}>
              {t(`ranges.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {range === 'custom'
        ? (['from', 'to'] as const).map((end) => (
            <Field key={end} label={t(`filters.${end}`)} hint={end === 'from' ? t('filters.utc') : undefined}>
              <DayInput
                value={search[end] ?? days[end]}
                max={daysOf({ from: period.from, to: new Date(now).toISOString() }).to}
                onDay={(day) => change({ [end]: day })}
              />
            </Field>
          ))
        : null}
      {view === 'planning' ? null : (
        <Field label={t('filters.bucket')}>
          <Select value={period.bucket} onChange={({ target }) => change(analyticsSearch({ bucket: target.value }))}>
            {period.buckets.map((bucket) => (
              <option key={bucket} value={bucket}>
                {t(`buckets.${bucket}`)}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </form>
  );
}

interface DayInputProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange'> {
  value: string;
  onDay: (day: string) => void;
}

/** Reports a day once it is complete: while the year is being typed, the value is a date long ago. */
function DayInput({ value, onDay, ...props }: DayInputProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    setTyped(value);
  }
  const type = ({ target }: ChangeEvent<HTMLInputElement>) => {
    setTyped(target.value);
    if (target.value !== '' && target.validity.valid) onDay(target.value);
  };
  return <Input type="date" min="2020-01-01" value={typed} onChange={type} {...props} />;
}

const NO_DAYS = { from: undefined, to: undefined };

function LicenseFilter() {
  const { t } = useTranslation('analytics');
  const [{ view, license }, change] = useAnalyticsSearch();
  const licenses = useQuery(licensesQuery).data?.results ?? [];
  const planned = usePlannedLicense();
  const isPlanning = view === 'planning';
  return (
    <Field label={t('filters.license')}>
      <Select
        value={(isPlanning ? planned?.id : license) ?? ''}
        onChange={({ target }) => change({ license: target.value || undefined, seats: undefined })}
      >
        {isPlanning ? null : <option value="">{t('filters.allLicenses')}</option>}
        {licenses.map(({ id, key }) => (
          <option key={id} value={id}>
            {key}
          </option>
        ))}
      </Select>
    </Field>
  );
}
