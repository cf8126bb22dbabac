// The first file of the training thread. Node 20 does not hand the loader of TypeScript down to a
// thread, neither by inheritance nor by `--import`; a thread has to register it itself. So this file
// is JavaScript, and does nothing else.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
