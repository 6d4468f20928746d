import { parseArgs, type ParseArgsConfig } from 'node:util';

/**
 * Reads the arguments of a script by the rules of `util.parseArgs`.
 * @throws Error with what is wrong and the script's usage
 */
export function readArguments<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
  }
}

/**
 * One of the values that an option may have; undefined where it is left out. Capitals do not matter.
 * @throws Error in a sentence that names them all
 */
export function oneOf<Value extends string>(
  values: readonly Value[],
  text: string | undefined,
  option: string,
): Value | undefined {
  if (text === undefined) return undefined;
  const found = values.find((value) => value === text.toUpperCase());
  if (found === undefined) throw new Error(`${option} is one of ${values.join(', ')}, not ${text}.`);
  return found;
}
