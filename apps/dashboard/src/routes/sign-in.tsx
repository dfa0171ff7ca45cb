import { createFileRoute } from '@tanstack/react-router';
import { SignInPage } from '#features/sign-in/sign-in-page';
import { signInSearch } from '#features/sign-in/sign-in-search';

export const Route = createFileRoute('/sign-in')({ validateSearch: signInSearch, component: SignInPage });
