import { decimal, type Decimal } from '#shared/decimal.ts';
import type { WeightUnit } from '#shared/weight.ts';
import { finenessDecimals, thresholdDecimals, type AlertThreshold } from './alert-levels.ts';
import type { Channel } from './preference.ts';

export type PriceAlertStatus = 'ACTIVE' | 'TRIGGERED' | 'EXPIRED' | 'DELETED';
export type PriceAlertRepeat = 'ONCE' | 'RECURRING';

/** An alert as its owner sees it. */
export type PriceAlert = AlertThreshold & {
  id: string;
  symbol: string;
  status: PriceAlertStatus;
  repeat: PriceAlertRepeat;
  /** Null: as the owner's preferences say when it fires. */
  channels: Channel[] | null;
  note: string | null;
  /** Whether the condition was met when it was created. */
  alreadyMet: boolean;
  isArmed: boolean;
  createdAt: Date;
  expiresAt: Date | null;
  lastTriggeredAt: Date | null;
  lastTriggeredSequence: number | null;
  triggerCount: number;
};

/** What an alert is made of. */
export type NewPriceAlert = AlertThreshold &
  Pick<PriceAlert, 'symbol' | 'repeat' | 'channels' | 'note'> & { expiresAt: number | null };

/** What somebody asks for; what is left out is filled in by `completed`. */
export type PriceAlertInput = {
  symbol: string;
  condition: AlertThreshold['condition'];
  threshold: Decimal;
  unit?: WeightUnit | null;
  fineness?: Decimal | null;
  repeat?: PriceAlertRepeat | null;
  channels?: readonly Channel[] | null;
  note?: string | null;
  /** Epoch milliseconds. */
  expiresAt?: number | null;
};

const longestNote = 200;
const mostThresholdDigits = 15;

/** A symbol is a metal and a currency; whether it is quoted is another question. */
export function isSymbol(text: string): boolean {
  return /^[A-Z]{3}-[A-Z]{3}$/.test(text);
}

/** The currency of a symbol's prices: `USD` of `XAU-USD`. */
export function currencyOf(symbol: string): string {
  return symbol.slice(-3);
}

/** The input with everything that it leaves out: a fine troy ounce, once, as the preferences say, for ever. */
export function completed(input: PriceAlertInput): NewPriceAlert {
  const { symbol, condition, threshold, unit, fineness, repeat, channels, note, expiresAt } = input;
  return {
    symbol,
    condition,
    threshold,
    unit: unit ?? 'TROY_OUNCE',
    fineness: fineness ?? decimal(1000),
    repeat: repeat ?? 'ONCE',
    channels: channels ? [...new Set(channels)] : null,
    note: note?.trim() || null,
    expiresAt: expiresAt ?? null,
  };
}

/** Everything that is wrong with a new alert, by input field. @param now epoch milliseconds */
export function problemsOf(alert: NewPriceAlert, now: number): { field: string; message: string }[] {
  const { symbol, threshold, fineness, channels, note, expiresAt } = alert;
  const checks: [isWrong: boolean, field: string, message: string][] = [
    [!isSymbol(symbol), 'symbol', 'must be an instrument such as XAU-USD'],
    [threshold.lte(0), 'threshold', 'must be more than 0'],
    [threshold.gte(`1e${mostThresholdDigits}`), 'threshold', `may have ${mostThresholdDigits} digits before the point`],
    [
      threshold.decimalPlaces() > thresholdDecimals,
      'threshold',
      `may have ${thresholdDecimals} digits behind the point`,
    ],
    [fineness.lte(0) || fineness.gt(1000), 'fineness', 'is in permille: more than 0 and at most 1000'],
    [fineness.decimalPlaces() > finenessDecimals, 'fineness', `may have ${finenessDecimals} digits behind the point`],
    [channels?.length === 0, 'channels', 'must name at least one; leave it out to go by the preferences'],
    [(note?.length ?? 0) > longestNote, 'note', `may have at most ${longestNote} characters`],
    [expiresAt !== null && expiresAt <= now, 'expiresAt', 'must be in the future'],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, field, message]) => ({ field, message }));
}
