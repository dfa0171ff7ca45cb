import { createFileRoute } from '@tanstack/react-router';
import { ProfilePage } from '../features/profile/profile-page.tsx';
import { profileSearch } from '../features/profile/profile-search.ts';

export const Route = createFileRoute('/_app/profile')({ validateSearch: profileSearch, component: ProfilePage });
