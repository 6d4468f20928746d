import { answerCalls, sayReady } from '../processes/calls.ts';
import { createClientGroup, type Subscribing } from './client-group.ts';

// Clients, of which one process holds as many as the benchmark says, in groups by name.

const groups = new Map<string, ReturnType<typeof createClientGroup>>();
const groupOf = (name: string) => {
  const group = groups.get(name) ?? createClientGroup();
  groups.set(name, group);
  return group;
};

answerCalls({
  join: ({ group, all, isPaused }: { group: string; all: Subscribing[]; isPaused: boolean }) =>
    groupOf(group).join(all, isPaused),
  mark: ({ group }: { group: string }) => groupOf(group).mark(),
  haveAll: ({ group, sequence, giveUpMs }: { group: string; sequence: number; giveUpMs: number }) =>
    groupOf(group).haveAll(sequence, giveUpMs),
  received: ({ group, last }: { group: string; last: number }) => groupOf(group).received(last),
  leave: ({ group }: { group: string }) => groupOf(group).leave(),
});
sayReady();
