import { describe, expect, it } from '@jest/globals';
import { parseSettings } from '../config.ts';
import { services } from '../services.ts';

describe('settings of npm start', () => {
  it('need nothing to be set', () => {
    const settings = parseSettings({}, services);
    expect(settings).toMatchObject({ portBase: 4000, databaseUrls: {}, redisUrl: undefined });
    expect(settings.dataDirectory.startsWith(settings.root)).toBe(true);
  });

  it('are refused with every problem at once', () => {
    const environment = { PORT_BASE: 'four', REDIS_URL: 'http://cache', ORDER_DATABASE_URL: 'mysql://db/order' };
    expect(() => parseSettings(environment, services)).toThrow(
      /PORT_BASE: .*\n.*REDIS_URL: .*\n.*ORDER_DATABASE_URL: /,
    );
  });

  it('take databases that are named instead of embedded ones', () => {
    const url = 'postgresql://db.example/order';
    expect(parseSettings({ ORDER_DATABASE_URL: url }, services).databaseUrls).toEqual({ order: url });
  });

  it('read an empty value as unset', () => {
    expect(parseSettings({ REDIS_URL: '', PORT_BASE: '' }, services)).toMatchObject({ portBase: 4000 });
  });
});
