import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { currentToken, mayBeSignedIn, renewToken } from '#session/access-token';
import { api } from '#session/api';
import { useRequest } from '#session/use-request';
import { Notice } from '#ui/notice';
import { CodeStep } from './code-step.tsx';
import { type Credentials, PasswordStep } from './password-step.tsx';
import { ProviderButtons } from './provider-buttons.tsx';
import { PublicLayout } from './public-layout.tsx';
import { useSignInError } from './sign-in-errors.ts';
import { useBeginLogin } from './signed-in.ts';
import { type TenantChoice, TenantForm, TenantStep } from './tenant-step.tsx';
import { Wait } from './wait.tsx';

interface Attempt extends Credentials {
  tenant?: string;
  two_factor_code?: string;
}

/** Sign-in with password, second factor and, if several match, organization; or at a provider. */
export function SignInPage() {
  const { t } = useTranslation('sign-in');
  const { redirect, error: refusal, tenant } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const beginLogin = useBeginLogin();
  const errorText = useSignInError();
  const [step, setStep] = useState<'password' | 'tenant' | 'code'>('password');
  const [attempt, setAttempt] = useState<Attempt>({ email: '', password: '', ...(tenant && { tenant }) });
  const [tenants, setTenants] = useState<readonly TenantChoice[]>([]);
  const [blockedUntil, setBlockedUntil] = useState<number>();
  useContinueWhenSignedIn(redirect);

  const signIn = useRequest(
    (body: Attempt) => answerOf(api.POST('/api/v1/auth/login', { body: { ...body, token_delivery: 'cookie' } })),
    {
      answer: (tokens) => beginLogin(tokens, redirect),
      error: (error) => {
        if (!(error instanceof ApiProblem)) return;
        if (error.status === 429) setBlockedUntil(Date.now() + (error.retryAfterSeconds ?? 30) * 1000);
        if (error.code === 'two_factor_required') setStep('code');
        if (error.code === 'invalid_credentials' && step === 'code') setStep('password'); // changed meanwhile
        if (error.code === 'tenant_required') {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API states it of this code
          setTenants((error.body['tenants'] as TenantChoice[] | undefined) ?? []);
          setStep('tenant');
        }
      },
    },
  );
  const go = (next: Attempt) => {
    setAttempt(next);
    signIn.send(next);
  };
  const back = () => {
    signIn.reset();
    setStep('password');
  };
  const unblock = useCallback(() => setBlockedUntil(undefined), []);

  const error = signIn.error && !asksForMore(signIn.error) ? errorText.of(signIn.error) : undefined;
  const shared = { busy: signIn.busy, blocked: blockedUntil !== undefined };
  const wait = blockedUntil === undefined ? null : <Wait key={blockedUntil} until={blockedUntil} onOver={unblock} />;
  if (step === 'code')
    return (
      <PublicLayout title={t('code.title')} description={t('code.text')}>
        {wait}
        <CodeStep
          {...shared}
          error={error}
          onSubmit={(code) => go({ ...attempt, two_factor_code: code })}
          onBack={back}
        />
      </PublicLayout>
    );
  if (step === 'tenant')
    return (
      <PublicLayout title={t('tenant.title')} description={t('tenant.text')}>
        {wait}
        <TenantStep
          {...shared}
          tenants={tenants}
          error={error}
          onChoose={(slug) => go({ ...attempt, tenant: slug })}
          onBack={back}
        />
      </PublicLayout>
    );
  return (
    <PublicLayout title={t('title')} description={t('text')}>
      {wait ?? <Refusal error={error} code={refusal} />}
      {refusal === 'tenant_required' && !tenant ? (
        <TenantForm
          label={t('tenant.show')}
          onChoose={(slug) => void navigate({ to: '/sign-in', search: (before) => ({ ...before, tenant: slug }) })}
        />
      ) : null}
      <PasswordStep {...shared} initial={attempt} onSubmit={(typed) => go({ ...typed, ...(tenant && { tenant }) })} />
      <ProviderButtons tenant={tenant} returnTo={redirect} />
    </PublicLayout>
  );
}

/** Shows why the last attempt was refused, or why the user was sent here. */
function Refusal({ error, code }: { error: string | undefined; code: string | undefined }) {
  const { ofCode } = useSignInError();
  if (error) return <Notice tone="danger">{error}</Notice>;
  if (code === undefined) return null;
  return <Notice tone={code === 'session_ended' ? 'info' : 'danger'}>{ofCode(code)}</Notice>;
}

/** Whether a refusal needs no error text: it asks for another step, or the countdown explains it. */
function asksForMore(error: unknown): boolean {
  return (
    error instanceof ApiProblem &&
    (error.status === 429 || error.code === 'two_factor_required' || error.code === 'tenant_required')
  );
}

/** With a valid refresh cookie this page is not needed. The form is shown without waiting for that check. */
function useContinueWhenSignedIn(redirect = '/'): void {
  const navigate = useNavigate();
  useEffect(() => {
    const goOn = async () => {
      if (currentToken() !== undefined || (mayBeSignedIn() && (await renewToken())))
        await navigate({ href: redirect, replace: true });
    };
    void goOn();
    // Only once, when the page opens. After that the form decides.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
}
