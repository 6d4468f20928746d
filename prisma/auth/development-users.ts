/** The password of every sign-in of development; everybody knows it. */
export const developmentPassword = 'gold-development';

/** The sign-ins that a development system has from the start, and never one in production (RFC 2606: nobody's addresses). */
export const developmentUsers = [
  { email: 'admin@gold.example', name: 'Ada Admin', phone: null, roles: ['ADMIN'] },
  { email: 'operator@gold.example', name: 'Otto Operator', phone: null, roles: ['OPERATOR'] },
  { email: 'customer@gold.example', name: 'Clara Customer', phone: '+15005550006', roles: ['CUSTOMER'] },
] as const;
