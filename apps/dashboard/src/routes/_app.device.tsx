import { createFileRoute } from '@tanstack/react-router';
import { DevicePage } from '#features/device/device-page';
import { deviceSearch } from '#features/device/device-search';

export const Route = createFileRoute('/_app/device')({ validateSearch: deviceSearch, component: DevicePage });
