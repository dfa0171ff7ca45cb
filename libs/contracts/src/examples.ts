/** Values that the examples of several messages share, so that they tell one story. */
export const example = {
  tenantId: '0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1',
  userId: '0195a4bf-9a70-7d51-8b3e-2c94f6a1d073',
  licenseId: '0195a4c0-1b2c-7e68-a5d9-73f08b4c2e16',
  sessionId: '0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54',
  projectId: '0195a4c1-02d4-7f19-b6e8-90a3c5d7f21b',
  machineId: '6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11',
  email: 'ada@acme.example',
  then: '2026-11-20T08:00:00.000Z',
  now: '2026-11-22T09:30:00.000Z',
  later: '2026-11-22T17:30:00.000Z',
} as const;
