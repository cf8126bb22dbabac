import { readFileSync } from 'node:fs';

/**
 * Tells one process from another that later gets the same pid: by the time it started, in clock
 * ticks since boot, and by the boot. Where the system does not say (no /proc), the pid alone counts.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot; null: not known. */
  readonly startTicks: string | null;
  /** null: not known. */
  readonly boot: string | null;
}

/** Identity of a process that runs now. */
export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicks(pid), boot: bootId() };
}

/** True when this very process still runs; when in doubt, true. */
export function isRunning({ pid, startTicks: started, boot }: ProcessIdentity): boolean {
  const bootNow = bootId();
  if (boot !== null && bootNow !== null && boot !== bootNow) return false;
  if (!exists(pid)) return false;
  const startedNow = startTicks(pid);
  return started === null || startedNow === null || started === startedNow;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return fieldsOfStat(pid)?.[0] !== 'Z';
}

/** Field 22 of /proc/<pid>/stat. */
function startTicks(pid: number): string | null {
  return fieldsOfStat(pid)?.[19] ?? null;
}

/** The fields after the command's name (from the third, the state), which may hold spaces itself. */
function fieldsOfStat(pid: number): string[] | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function bootId(): string | null {
  return readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
