import { MAX_RESOURCE_ID_LENGTH, MAX_SEARCH_LENGTH } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input, Select } from '#ui/input';
import { actionGroups, auditActions, resourceTypes } from './audit-actions.ts';
import { shortId, useAuditLabels } from './audit-labels.ts';
import { actorsQuery } from './audit-queries.ts';
import type { AuditSearch } from './audit-search.ts';

const TYPING_MS = 300;

interface AuditFiltersProps {
  search: AuditSearch;
  onFilter: (change: Partial<AuditSearch>) => void;
  /** Undefined when no filter is set. */
  onClear: (() => void) | undefined;
}

export function AuditFilters({ search, onFilter, onClear }: AuditFiltersProps) {
  const { t } = useTranslation('audit');
  const label = useAuditLabels();
  return (
    <form
      role="search"
      aria-label={t('filters.label')}
      onSubmit={(event) => event.preventDefault()}
      className="grid grid-cols-2 items-end gap-3 border-b p-5 md:grid-cols-4"
    >
      <Field label={t('filters.search')}>
        <TypedFilter
          value={search.search}
          onChange={(value) => onFilter({ search: value })}
          maxLength={MAX_SEARCH_LENGTH}
        />
      </Field>
      <Field label={t('filters.actor')}>
        <ActorSelect value={search.actor_id} onChange={(actor_id) => onFilter({ actor_id })} />
      </Field>
      <Field label={t('filters.action')}>
        <Select value={search.action ?? ''} onChange={({ target }) => onFilter({ action: target.value || undefined })}>
          <option value="">{t('filters.anyAction')}</option>
          {search.action && !isOffered(search.action) ? <option value={search.action}>{search.action}</option> : null}
          {actionGroups.map((group) => (
            <optgroup key={group} label={label.resource(group)}>
              <option value={`${group}.*`}>{label.action(`${group}.*`)}</option>
              {auditActions[group].map((verb) => (
                <option key={verb} value={`${group}.${verb}`}>
                  {label.action(`${group}.${verb}`)}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      </Field>
      <Field label={t('filters.resourceType')}>
        <Select
          value={search.resource_type ?? ''}
          onChange={({ target }) => onFilter({ resource_type: target.value || undefined })}
        >
          <option value="">{t('filters.anyResource')}</option>
          {resourceTypes.map((type) => (
            <option key={type} value={type}>
              {label.resource(type)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('filters.resourceId')}>
        <TypedFilter
          value={search.resource_id}
          onChange={(value) => onFilter({ resource_id: value })}
          maxLength={MAX_RESOURCE_ID_LENGTH}
        />
      </Field>
      <Field label={t('filters.from')}>
        <Input
          type="date"
          value={search.from ?? ''}
          max={search.to}
          onChange={({ target }) => onFilter({ from: target.value || undefined })}
        />
      </Field>
      <Field label={t('filters.to')}>
        <Input
          type="date"
          value={search.to ?? ''}
          min={search.from}
          onChange={({ target }) => onFilter({ to: target.value || undefined })}
        />
      </Field>
      <div className="flex flex-wrap items-center gap-2">
        {search.request_id ? (
          <Button variant="outline" onClick={() => onFilter({ request_id: undefined })}>
            {t('filters.request', { id: shortId(search.request_id) })}
            <X aria-hidden />
          </Button>
        ) : null}
        {onClear ? (
          <Button variant="ghost" onClick={onClear}>
            {t('filters.clear')}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

function isOffered(action: string): boolean {
  return actionGroups.some(
    (group) => action === `${group}.*` || auditActions[group].some((verb) => action === `${group}.${verb}`),
  );
}

interface TypedFilterProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  maxLength: number;
}

/** Filters when the user pauses typing. Follows the filter when it is set elsewhere. */
function TypedFilter({ value = '', onChange, ...props }: TypedFilterProps) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  if (value !== shown) {
    setShown(value);
    setTyped(value);
  }
  useEffect(() => {
    const text = typed.trim();
    if (text === value) return undefined;
    const timer = setTimeout(() => onChange(text || undefined), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return <Input type="search" value={typed} onChange={({ target }) => setTyped(target.value)} {...props} />;
}

interface ActorSelectProps {
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** A choice among the users. An actor that is not listed, such as a removed user or an API key, is filtered by from an
 *  entry. */
function ActorSelect({ value, onChange, ...props }: ActorSelectProps) {
  const { t } = useTranslation('audit');
  const may = useMay();
  const { data } = useQuery({ ...actorsQuery, enabled: may('user:read_all') });
  const people = data?.results ?? [];
  return (
    <Select value={value ?? ''} onChange={({ target }) => onChange(target.value || undefined)} {...props}>
      <option value="">{t('filters.anybody')}</option>
      {value && !people.some(({ id }) => id === value) ? <option value={value}>{shortId(value)}</option> : null}
      {people.map(({ id, email }) => (
        <option key={id} value={id}>
          {email}
        </option>
      ))}
    </Select>
  );
}
