/** Made up. Their addresses end in .test, a domain that cannot be registered (RFC 2606). */
export const demoPeople = [
  'Aiko Tanaka',
  'Amara Okafor',
  'Anton Berg',
  'Beatriz Costa',
  'Chiara Ricci',
  'Daniel Weiss',
  'Elif Demir',
  'Emil Novak',
  'Fatima Haddad',
  'Felix Brandt',
  'Grace Kim',
  'Hanna Lind',
  'Ines Moreau',
  'Jakub Kowalski',
  'Jonas Keller',
  'Katarina Horvat',
  'Leo Fischer',
  'Lina Schulz',
  'Marco Bianchi',
  'Maya Patel',
  'Nora Jensen',
  'Oskar Vogel',
  'Priya Nair',
  'Rafael Ortiz',
  'Sofia Almeida',
  'Tomas Dvorak',
  'Yara Mansour',
] as const;

export const demoProjects = [
  { name: 'Arm controller', description: 'Firmware and motion planning of the six-axis arm' },
  { name: 'Assembly line 3', description: 'The digital twin of the new line' },
  { name: 'Battery pack', description: 'Cell balancing and thermal model' },
  { name: 'Calibration tool', description: 'Desktop tool of the service team' },
  { name: 'Fleet dashboard', description: 'Where every robot is and what it does' },
  { name: 'Gripper v2', description: 'Soft gripper for food packaging' },
  { name: 'Navigation stack', description: 'Mapping, localization and path planning' },
  { name: 'Operator training', description: 'Simulated lessons for new operators' },
  { name: 'Safety monitor', description: 'Zones, speed limits, emergency stop' },
  { name: 'Vision pipeline', description: 'Detection of parts on the conveyor' },
  { name: 'Prototype 2025', description: 'The first walking prototype', archived: true },
  { name: 'Trade fair demo', description: 'Shown in spring', archived: true },
] as const;

/** People with an open invitation. */
export const demoInvitations = [
  { name: 'viktor.lang', role: 'member' },
  { name: 'zoe.martin', role: 'member' },
  { name: 'auditor', role: 'viewer' },
] as const;
