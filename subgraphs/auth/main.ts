import { runProcess } from '#shared/run-process.ts';
import { readConfig } from './config.ts';
import { wire } from './wiring.ts';

await runProcess(readConfig, wire);
