/** Something that has to be heard of now and then. */
export type Beating = { beat(): void };

export type Heartbeats = {
  /** @returns takes it out again */
  add(stream: Beating): () => void;
};

/**
 * Lets every stream beat once in `intervalMs`, from one timer for all of them. They take turns: ten thousand heartbeats at
 * one moment would hold up every price for a tenth of a second. The first comes within one interval.
 * @param groupCount into so many groups streams are divided, which have their heartbeats one after another
 */
export function createHeartbeats(intervalMs: number, groupCount = 16): Heartbeats {
  const groups = Array.from({ length: groupCount }, () => new Set<Beating>());
  let timer: NodeJS.Timeout | undefined;
  let turn = 0;
  let nextGroup = 0;
  let count = 0;

  function beatNextGroup(): void {
    turn = (turn + 1) % groupCount;
    for (const stream of groups[turn]!) stream.beat();
  }

  return {
    add(stream) {
      const group = groups[nextGroup]!;
      nextGroup = (nextGroup + 1) % groupCount;
      group.add(stream);
      count += 1;
      timer ??= setInterval(beatNextGroup, intervalMs / groupCount).unref();
      return () => {
        if (!group.delete(stream)) return;
        count -= 1;
        if (count > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
