import { runCommandLine } from './commands/command-line.ts';
import { stopSignal } from './commands/stop-signal.ts';

/**
 * Where the process begins: the only file that knows its arguments, its streams and its exit code.
 * The exit code is set first, so that everything written is flushed.
 */

const lingerMs = 200;

/** A reader that went away, as in `inkling --help | head -1`, is no failure. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** A fault of our own ends the process; the sentence is the same as for a failed command. */
process.on('uncaughtException', (error) => {
  const [line] = String(error?.message ?? error).split('\n');
  process.stderr.write(`inkling: unexpected failure: ${line} (ERR_INTERNAL)\n`, () => {
    process.exit(70);
  });
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  workingDirectory: process.cwd(),
  loadStart: async () => {
    // A signal that comes while the service is loaded counts as well.
    const stopped = stopSignal();
    const { start } = await import('./commands/start.ts');
    return { start: (options, io) => start({ ...options, stopped }, io) };
  },
});
// Who still holds the process now, such as a build that nobody waits for, had its time.
setTimeout(() => process.exit(), lingerMs).unref();
