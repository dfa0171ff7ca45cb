import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#session/api';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { Checkbox } from '#ui/input';
import {
  isSameScopes,
  scopeGroupNames,
  scopeGroups,
  scopePresetNames,
  scopePresets,
  scopeText,
} from './api-key-scopes.ts';

type Scope = Message['ApiKeyScope'];

interface ScopeFieldsProps {
  value: readonly Scope[];
  onChange: (scopes: Scope[]) => void;
  error: string | undefined;
}

/** Chooses the scopes of a key: at most the permissions of the user. */
export function ScopeFields({ value, onChange, error }: ScopeFieldsProps) {
  const { t } = useTranslation('developers');
  const may = useMay();
  const errorId = useId();
  const toggle = (scope: Scope, on: boolean) =>
    onChange(on ? [...value, scope] : value.filter((other) => other !== scope));
  return (
    <fieldset className="grid grid-cols-1 gap-3" aria-describedby={error ? errorId : undefined}>
      <legend className="mb-1.5 text-sm font-medium">{t('keys.scopes')}</legend>
      <div role="group" aria-label={t('presets.label')} className="flex flex-wrap gap-2">
        {scopePresetNames
          .filter((preset) => scopePresets[preset].every((scope) => may(scope)))
          .map((preset) => {
            const chosen = isSameScopes(value, scopePresets[preset]);
            return (
              <Button
                key={preset}
                variant="outline"
                size="sm"
                aria-pressed={chosen}
                className={chosen ? 'border-primary bg-primary-soft text-primary-soft-foreground' : ''}
                onClick={() => onChange([...scopePresets[preset]])}
              >
                {t(`presets.${preset}`)}
              </Button>
            );
          })}
      </div>
      <div
        role="region"
        aria-label={t('keys.scopes')}
        tabIndex={0}
        className="grid max-h-72 grid-cols-1 gap-4 overflow-y-auto rounded-lg border p-3"
      >
        {scopeGroupNames.map((group) => {
          const offered = scopeGroups[group].filter((scope) => may(scope));
          if (offered.length === 0) return null;
          return (
            <div key={group} role="group" aria-label={t(`scopeGroups.${group}`)} className="grid gap-1">
              <p className="text-xs font-medium text-muted-foreground">{t(`scopeGroups.${group}`)}</p>
              {offered.map((scope) => (
                <label
                  key={scope}
                  className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2.5 rounded-md px-1 py-1 text-sm hover:bg-muted"
                >
                  <Checkbox
                    className="mt-0.5"
                    checked={value.includes(scope)}
                    onChange={({ target }) => toggle(scope, target.checked)}
                  />
                  <span>{t(`scopes.${scopeText(scope)}`)}</span>
                  <code className="col-start-2 text-xs text-muted-foreground">{scope}</code>
                </label>
              ))}
            </div>
          );
        })}
      </div>
      {error ? (
        <p id={errorId} role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
