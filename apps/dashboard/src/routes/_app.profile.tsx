import { createFileRoute } from '@tanstack/react-router';
import { ProfilePage } from '#features/profile/profile-page';
import { profileSearch } from '#features/profile/profile-search';

export const Route = createFileRoute('/_app/profile')({ validateSearch: profileSearch, component: ProfilePage });
