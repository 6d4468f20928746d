import { z } from 'zod';
import { defineTemplate } from './template.ts';

const data = z.object({ entries: z.array(z.object({ title: z.string(), body: z.string() })).min(1) });

/** Titles that a short text names: an SMS costs by its length, and push services take 4 KB. */
const named = 5;

/** Several notifications in one message, at the end of quiet hours; an e-mail has all of them. */
export const digest = defineTemplate(data, {
  en({ entries }) {
    const titles = entries.slice(0, named).map(({ title }) => title);
    const more = entries.length > named ? ` and ${entries.length - named} more` : '';
    return {
      title: `${entries.length} messages from your quiet hours`,
      body: `${titles.join('; ')}${more}.`,
      sms: `${entries.length} messages: ${titles.join('; ')}${more}`,
      details: entries.map(({ title, body }) => [title, body]),
    };
  },
});
