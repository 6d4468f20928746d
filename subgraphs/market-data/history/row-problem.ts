/** Why a row of a file is not taken, each in words that go behind its line number. */
export const rowProblems = {
  WRONG_COLUMNS: 'it has not as many columns as the header',
  UNREADABLE_TIME: 'its time is not like 2014-05-01T00:00Z, 2014-05-01T02:00:00.000+02:00 or 2014-05-01',
  UNREADABLE_PRICE: 'a price is not a plain decimal with at most 12 digits before the point and 8 behind it',
  UNREADABLE_TICKS: 'its number of ticks is not a whole number up to 2147483647',
  NOT_POSITIVE: 'a price is not more than 0',
  LOW_ABOVE_HIGH: 'the low is above the high',
  OUTSIDE_LOW_AND_HIGH: 'the open or the close is not between the low and the high',
  CROSSED: 'the bid is not below the ask',
  OFF_GRID: 'no span of its interval begins at its time',
  NOT_OVER: 'its span was not over when the import began',
  REPEATED: 'an earlier row of the same time says something else',
} as const;

export type RowProblemCode = keyof typeof rowProblems;

/** A row that is not taken. `row` is its text. */
export type RowProblem = { line: number; code: RowProblemCode; row: string };
