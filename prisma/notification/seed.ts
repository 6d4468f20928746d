/** A new notification service begins empty: recipients and what they are told come by events, settings have defaults. */
export async function seed(_databaseUrl: string): Promise<void> {}
