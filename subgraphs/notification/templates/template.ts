import type { z } from 'zod';

/** What a notification says, in plain text; each channel takes what it has room for. */
export type Content = {
  /** A line: the subject of an e-mail, the title of a push message and of the inbox entry. */
  title: string;
  /** A sentence or two: the rest of those. */
  body: string;
  /** An SMS, as short as can be. */
  sms: string;
  /** Facts that an e-mail shows below the body, as name and value. */
  details: [name: string, value: string][];
};

/** How a kind of notification is written: what it is given, and the words for each locale (BCP 47, the shortest that fits). */
export type Template<Data> = {
  data: { parse(value: unknown): Data };
  locales: { en: Write<Data> } & Record<string, Write<Data>>;
};

/** @param locale the recipient's own, for numbers and times; the words may be those of a shorter one */
export type Write<Data> = (data: Data, locale: string) => Content;

/** Something to be written: reading the data and choosing the words are done. */
export type Writer = (data: unknown, locale: string) => Content;

/** Pairs what a template is given with its words. */
export function defineTemplate<Schema extends z.ZodType>(
  data: Schema,
  locales: Template<z.infer<Schema>>['locales'],
): Writer {
  return (value, locale) => {
    const write = fallbacks(locale)
      .map((tag) => locales[tag])
      .find((found) => found !== undefined);
    return (write ?? locales.en)(data.parse(value) as z.infer<Schema>, safeLocale(locale));
  };
}

/** A locale and the wider ones that stand in for it: `fa-Arab-IR`, `fa-Arab`, `fa`. */
export function fallbacks(locale: string): string[] {
  const parts = locale.split('-');
  return parts.map((_part, index) => parts.slice(0, parts.length - index).join('-'));
}

/** Locales come from people's programs: what is no language tag must not keep a message from being written. */
function safeLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
