import { endedSessionStatuses, licenseSessionStatuses } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { licenseLabel, licensesQuery } from '#seats/licenses-queries';
import { oneOf, type SearchChange } from '#shell/search-params';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { SearchBox } from '#ui/search-box';
import type { SessionsSearch } from './sessions-search.ts';

interface SessionsFiltersProps {
  search: SessionsSearch;
  onChange: (next: SearchChange<SessionsSearch>) => void;
}

export function SessionsFilters({ search, onChange }: SessionsFiltersProps) {
  const { t } = useTranslation('sessions');
  const { data: licenses } = useQuery(licensesQuery);
  const find = useCallback((q: string) => onChange({ q: q || undefined }), [onChange]);
  return (
    <div role="search" className="grid gap-3 p-4 sm:grid-cols-[minmax(0,1fr)_12rem_14rem]">
      <SearchBox label={t('filters.text')} value={search.q ?? ''} onChange={find} />
      <Field label={t('columns.status')} hideLabel>
        <Select
          value={search.status ?? 'active'}
          onChange={({ target: { value } }) =>
            onChange({ status: oneOf(endedSessionStatuses, value), sort: undefined })
          }
        >
          {licenseSessionStatuses.map((status) => (
            <option key={status} value={status}>
              {t(`status.${status}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('columns.license')} hideLabel>
        <Select
          value={search.license ?? ''}
          onChange={(event) => onChange({ license: event.target.value || undefined })}
        >
          <option value="">{t('filters.allLicenses')}</option>
          {licenses?.results.map((license) => (
            <option key={license.id} value={license.id}>
              {licenseLabel(license)}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}
