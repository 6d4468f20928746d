import { runCluster } from './cluster/run-cluster.ts';
import { readConfig } from './config.ts';
import { wire } from './wiring.ts';

await runCluster(readConfig, wire);
