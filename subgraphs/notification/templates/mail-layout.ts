import type { Content } from './template.ts';

/** An e-mail's plain text. */
export function textMail({ title, body, details }: Content): string {
  const facts = details.map(([name, value]) => `${name}: ${value}`);
  return [title, body, ...(facts.length > 0 ? [facts.join('\n')] : [])].join('\n\n') + '\n';
}

/** An e-mail's HTML: everything in it is text and escaped, and nothing is loaded from elsewhere. */
export function htmlMail({ title, body, details }: Content, locale: string): string {
  const rows = details.map(
    ([name, value]) =>
      `<tr><td style="padding:4px 16px 4px 0;color:#6b6357">${escapeHtml(name)}</td><td style="padding:4px 0">${escapeHtml(value)}</td></tr>`,
  );
  return [
    `<!doctype html><html lang="${escapeHtml(locale)}"><head><meta charset="utf-8">`,
    `<title>${escapeHtml(title)}</title></head>`,
    '<body style="margin:0;padding:32px;background:#f7f4ee;color:#1d1a15;font:16px/1.5 sans-serif">',
    '<div style="max-width:560px;margin:auto;padding:32px;background:#fff;border-top:4px solid #c9a227">',
    `<h1 style="margin:0 0 16px;font-size:22px">${escapeHtml(title)}</h1>`,
    `<p style="margin:0 0 16px">${escapeHtml(body)}</p>`,
    ...(rows.length > 0 ? [`<table style="border-collapse:collapse">${rows.join('')}</table>`] : []),
    '</div></body></html>',
  ].join('\n');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text as it stands in HTML, also in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
