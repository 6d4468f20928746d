import { describe, expect, test } from '@jest/globals';
import { createRecentMessages } from './recent-messages.ts';

const published = (sequence: number | undefined, what: { isRepeat?: boolean; isRestart?: boolean } = {}) => ({
  message: { body: Buffer.from(''), key: '', sequence },
  ordinal: 0,
  isRepeat: false,
  isRestart: false,
  ...what,
});
const recentOf = (sequences: number[], options?: Parameters<typeof createRecentMessages>[0]) => {
  const recent = createRecentMessages(options);
  for (const sequence of sequences) recent.add(published(sequence));
  return recent;
};
const sequencesOf = (messages: { sequence: number | undefined }[] | undefined) =>
  messages?.map(({ sequence }) => sequence);

describe('who comes back is replayed from what is kept', () => {
  test('what came behind the last that was received, also where sequences are left out', () => {
    const recent = recentOf([5, 6, 9]);
    expect([4, 5, 6, 7, 9, 10].map((sequence) => sequencesOf(recent.behind(sequence)))).toEqual([
      undefined,
      [6, 9],
      [9],
      [9],
      [],
      [],
    ]);
    expect(recent.last()).toBe(9);
  });

  test('a repeated sequence too, which may not have been received', () => {
    const recent = recentOf([5, 6]);
    recent.add(published(6, { isRepeat: true }));
    expect(sequencesOf(recent.behind(6))).toEqual([6]);
    expect(sequencesOf(recent.behind(5))).toEqual([6, 6]);
  });

  test('from before the first message where it is known what came before it', () => {
    const recent = recentOf([], { beginsBehind: 5 });
    expect([sequencesOf(recent.behind(5)), recent.behind(4), recent.last()]).toEqual([[], undefined, 5]);
    recent.add(published(6));
    expect([sequencesOf(recent.behind(5)), recent.behind(4), recent.last()]).toEqual([[6], undefined, 6]);
  });
});

describe('who would miss something is not', () => {
  test('when it is longer ago than what is kept', () => {
    const recent = recentOf([6, 7, 8], { limit: 2, beginsBehind: 5 });
    expect([recent.behind(5), recent.behind(6), sequencesOf(recent.behind(7))]).toEqual([undefined, undefined, [8]]);
  });
  test('when there was a gap since', () => {
    const recent = recentOf([6, 7], { beginsBehind: 5 });
    recent.clear();
    expect([recent.behind(7), recent.last()]).toEqual([undefined, undefined]);
    recent.add(published(9));
    expect([recent.behind(8), sequencesOf(recent.behind(9))]).toEqual([undefined, []]);
  });
  test('when messages have no sequence', () => {
    const recent = createRecentMessages();
    recent.add(published(undefined));
    expect([recent.behind(0), recent.last()]).toEqual([undefined, undefined]);
  });
});
