import { ChevronRight } from 'lucide-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { focusWhenShown } from './focus-when-shown.ts';

export interface TenantChoice {
  slug: string;
  name: string;
}

interface TenantStepProps {
  /** The organizations that match. Empty when the API does not reveal them. */
  tenants: readonly TenantChoice[];
  error: string | undefined;
  busy: boolean;
  blocked: boolean;
  onChoose: (slug: string) => void;
  onBack: () => void;
}

/** Asks which of several organizations to sign in to. */
export function TenantStep({ tenants, error, busy, blocked, onChoose, onBack }: TenantStepProps) {
  const { t } = useTranslation('sign-in');
  return (
    <div className="grid gap-4">
      {tenants.length === 0 ? (
        <TenantForm label={t('tenant.continue')} error={error} busy={busy} blocked={blocked} onChoose={onChoose} />
      ) : (
        <ul className="grid gap-2">
          {tenants.map(({ slug, name }) => (
            <li key={slug}>
              <Button
                variant="outline"
                className="h-auto w-full justify-between py-2.5 text-left"
                disabled={busy || blocked}
                onClick={() => onChoose(slug)}
              >
                <span className="grid min-w-0">
                  <span className="truncate">{name}</span>
                  <span className="truncate text-xs font-normal text-muted-foreground">{slug}</span>
                </span>
                <ChevronRight aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Button variant="link" className="min-h-6 justify-self-start" onClick={onBack}>
        {t('back')}
      </Button>
    </div>
  );
}

interface TenantFormProps {
  /** Label of the button. */
  label: string;
  error?: string | undefined;
  busy?: boolean;
  blocked?: boolean;
  onChoose: (slug: string) => void;
}

/** Asks for the short name (slug) of the organization. */
export function TenantForm({ label, error, busy = false, blocked = false, onChoose }: TenantFormProps) {
  const { t } = useTranslation('sign-in');
  const [slug, setSlug] = useState('');
  const [checked, setChecked] = useState(false);
  const typed = slug.trim().toLowerCase();
  const valid = /^[a-z0-9-]+$/.test(typed);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (valid) onChoose(typed);
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <Field label={t('tenant.label')} hint={t('tenant.hint')} error={checked && !valid ? t('tenant.missing') : error}>
        <Input
          ref={focusWhenShown}
          name="tenant"
          autoComplete="organization"
          autoCapitalize="none"
          spellCheck={false}
          value={slug}
          onChange={(event) => setSlug(event.target.value)}
        />
      </Field>
      <Button type="submit" busy={busy} disabled={busy || blocked} className="w-full">
        {label}
      </Button>
    </form>
  );
}
