import { compose, helm, isFetched } from './deployment-tools.ts';
import { runScript } from './script.ts';

// Fetches what the tests of docker-compose.yml and helm/ can use; what cannot be had is said loudly, and is no failure:
// those tests are then skipped.
runScript(async () => {
  for (const tool of [helm, compose]) {
    if (isFetched(tool)) continue;
    try {
      await tool.fetch();
      console.log(`Fetched ${tool.name}`);
    } catch (error) {
      const words = error instanceof Error ? error.message.trim() : String(error);
      console.log(`!!! ${tool.name} could not be fetched, what needs it is SKIPPED: ${words} !!!`);
    }
  }
});
