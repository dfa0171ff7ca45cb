import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';

/** The device that waits for approval with this code. */
export const waitingDeviceQuery = (code: string) =>
  queryOptions({
    queryKey: ['waiting-device', code],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/auth/device/{user_code}', { params: { path: { user_code: code } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
